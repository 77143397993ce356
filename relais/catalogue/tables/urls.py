from .bounds import PATH
from .views import pages

urlpatterns = pages.addresses(PATH.removeprefix("/"))
