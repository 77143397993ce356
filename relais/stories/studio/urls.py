from django.urls import path

from . import views, views_files

urlpatterns = [
    path("studio/", views.studio, name="studio"),
    path("studio/nouvelle", views.new, name="studio_new"),
    path("studio/accords/<uuid:pk>/retirer", views.withdraw_consent, name="studio_consent_withdraw"),
    path("studio/copies/<int:pk>/retiree", views.copy_taken_down, name="studio_copy_down"),
    path("studio/envois/<uuid:pk>", views_files.piece, name="studio_piece"),
    path("studio/envois/<uuid:pk>/oublier", views_files.forget, name="studio_forget"),
    path("studio/envois/<uuid:pk>/fichier", views_files.proof, name="studio_proof"),
    path("studio/<slug:slug>/envois", views_files.send, name="studio_send"),
    path("studio/<slug:slug>/video", views_files.video, name="studio_video"),
    path("studio/<slug:slug>/video/etat", views_files.progress, name="studio_progress"),
    path("studio/<slug:slug>/video/version", views_files.version, name="studio_version"),
    path("studio/<slug:slug>/copie-reseaux", views_files.network_copy, name="studio_network_copy"),
    path("studio/<slug:slug>/sous-titres.srt", views_files.caption_file, {"kind": "srt"}, name="studio_srt"),
    path("studio/<slug:slug>/sous-titres.vtt", views_files.caption_file, {"kind": "vtt"}, name="studio_vtt"),
    path("studio/<slug:slug>", views.story, name="studio_story"),
    path("studio/<slug:slug>/modifier", views.edit, name="studio_edit"),
    path("studio/<slug:slug>/etape", views.move, name="studio_move"),
    path("studio/<slug:slug>/relire", views.proofread, name="studio_proofread"),
    path("studio/<slug:slug>/fautes", views.mistake, name="studio_mistake"),
    path("studio/<slug:slug>/accords", views.consents, name="studio_consents"),
    path("studio/<slug:slug>/copies", views.add_copy, name="studio_copy"),
]
