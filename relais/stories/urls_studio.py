from django.urls import path

from . import views_clips, views_studio

urlpatterns = [
    path("studio/", views_studio.studio, name="studio"),
    path("studio/nouvelle", views_studio.new, name="studio_new"),
    path("studio/accords/<uuid:pk>/retirer", views_studio.withdraw_consent, name="studio_consent_withdraw"),
    path("studio/copies/<int:pk>/retiree", views_studio.copy_taken_down, name="studio_copy_down"),
    path("studio/envois/<uuid:pk>", views_clips.piece, name="studio_piece"),
    path("studio/envois/<uuid:pk>/oublier", views_clips.forget, name="studio_forget"),
    path("studio/envois/<uuid:pk>/fichier", views_clips.proof, name="studio_proof"),
    path("studio/<slug:slug>/envois", views_clips.send, name="studio_send"),
    path("studio/<slug:slug>/video", views_clips.video, name="studio_video"),
    path("studio/<slug:slug>/video/etat", views_clips.progress, name="studio_progress"),
    path("studio/<slug:slug>/video/version", views_clips.version, name="studio_version"),
    path("studio/<slug:slug>/copie-reseaux", views_clips.network_copy, name="studio_network_copy"),
    path("studio/<slug:slug>/sous-titres.srt", views_clips.caption_file, {"kind": "srt"}, name="studio_srt"),
    path("studio/<slug:slug>/sous-titres.vtt", views_clips.caption_file, {"kind": "vtt"}, name="studio_vtt"),
    path("studio/<slug:slug>", views_studio.story, name="studio_story"),
    path("studio/<slug:slug>/modifier", views_studio.edit, name="studio_edit"),
    path("studio/<slug:slug>/etape", views_studio.move, name="studio_move"),
    path("studio/<slug:slug>/relire", views_studio.proofread, name="studio_proofread"),
    path("studio/<slug:slug>/fautes", views_studio.mistake, name="studio_mistake"),
    path("studio/<slug:slug>/accords", views_studio.consents, name="studio_consents"),
    path("studio/<slug:slug>/copies", views_studio.add_copy, name="studio_copy"),
]
