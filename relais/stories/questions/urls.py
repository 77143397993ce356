from django.urls import path

from . import views as views

urlpatterns = [
    path("temoignages/<slug:slug>/question", views.ask, name="ask"),
    path("questions/repondre/<str:secret>", views.answer, name="answer_link"),
    path("questions/<str:secret>", views.receipt, name="question_receipt"),
    path("questions/<str:secret>/effacer", views.take_back, name="question_take_back"),
    path("signaler/temoignage/<slug:story>", views.report, name="report_story"),
    path("signaler/question/<uuid:question>", views.report, name="report_question"),
    path("signaler/reponse/<int:answer>", views.report, name="report_answer"),
    path("signaler/suivi/<str:secret>", views.notice_receipt, name="notice_receipt"),
]
