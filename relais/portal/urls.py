from django.urls import path

from . import feed, views, views_staff

urlpatterns = [
    path("", feed.home, name="home"),
    path("suivis", feed.followed, name="followed"),
    path("temoignages/<slug:slug>", feed.story, name="story"),
    path("aide", views.help_numbers, name="help"),
    path("mentions-legales", views.legal, name="legal"),
    path("confidentialite", views.confidentiality, name="privacy"),
    path("accessibilite", views.accessibility, name="accessibility"),
    path("composants", views.components, name="components"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("pro/", views_staff.home, name="pro_home"),
    path("pro/a-traiter", views_staff.waiting, name="waiting"),
    path("pro/aller", views_staff.go_to, name="palette"),
    path("health/ready", views.health_ready, name="health_ready"),
]
