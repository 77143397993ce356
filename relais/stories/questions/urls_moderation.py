from django.urls import path

from . import views_moderation as views

urlpatterns = [
    path("moderation/", views.queue, name="moderation"),
    path("moderation/questions/<uuid:pk>", views.question, name="moderate_question"),
    path("moderation/questions/<uuid:pk>/decider", views.decide_question, name="moderate_question_do"),
    path("moderation/reponses/<int:pk>/decider", views.decide_answer, name="moderate_answer_do"),
    path("moderation/signalements/<uuid:pk>", views.notice, name="moderate_notice"),
]
