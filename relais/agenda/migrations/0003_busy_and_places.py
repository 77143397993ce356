"""Hours at which somebody's own agenda says that they are taken; places and their rooms; rooms for video calls."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import relais.foundation.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_links"),
        ("agenda", "0002_contact_point"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="regardless",
            field=models.BooleanField(
                default=False,
                help_text="proposed by somebody who had read that their own agenda says that they are taken",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="video_opened_at",
            field=models.DateTimeField(help_text="when the server said that there is a room", null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="video_room",
            field=models.CharField(blank=True, help_text="what the room of a video call is named by", max_length=16),
        ),
        migrations.CreateModel(
            name="BusyFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "address",
                    relais.foundation.sealed.SealedTextField(
                        help_text="a secret: whoever knows it reads the whole agenda"
                    ),
                ),
                ("next_at", models.DateTimeField(help_text="not read again before")),
                (
                    "read_at",
                    models.DateTimeField(help_text="the last whole reading: what is known is of then", null=True),
                ),
                (
                    "unread",
                    models.PositiveIntegerField(
                        default=0, help_text="events of the last reading that could not be read"
                    ),
                ),
                ("failed_at", models.DateTimeField(help_text="since when no reading has succeeded", null=True)),
                (
                    "trouble",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("away", "le service qui le publie n’a pas répondu"),
                            ("refused", "le service qui le publie ne le donne plus à cette adresse"),
                            ("inside", "cette adresse mène à l’intérieur du réseau, où Relais ne va pas"),
                            ("large", "il est trop gros pour être lu"),
                            ("unknown", "ce qui est à cette adresse n’est pas un agenda entier"),
                            ("many", "il contient trop d’événements pour être lu"),
                            ("heavy", "sa lecture a pris trop de temps"),
                        ],
                        help_text="of the last reading",
                        max_length=8,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="busy_feed",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="BusyTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="times", to="agenda.busyfeed"
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="MeetingPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="nom")),
                ("address", models.CharField(max_length=90, verbose_name="adresse")),
                ("commune", models.CharField(max_length=45, verbose_name="commune")),
                ("access", models.CharField(blank=True, max_length=300, verbose_name="comment y venir")),
                (
                    "days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        help_text="0 is Monday",
                        size=None,
                        verbose_name="jours d’ouverture",
                    ),
                ),
                ("is_closed", models.BooleanField(default=False, verbose_name="n’est plus proposé")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="meeting_place",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="agenda.meetingplace",
            ),
        ),
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="nom")),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rooms", to="agenda.meetingplace"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="room",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="appointments", to="agenda.room"
            ),
        ),
        migrations.CreateModel(
            name="VideoPattern",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("jitsi", "Jitsi"), ("visio", "Visio (numérique.gouv.fr)"), ("bbb", "BigBlueButton")],
                        max_length=5,
                    ),
                ),
                (
                    "address",
                    models.CharField(help_text="https, of the server; of its API for BigBlueButton", max_length=200),
                ),
                (
                    "secret",
                    relais.foundation.sealed.SealedTextField(
                        blank=True, help_text="that calls of BigBlueButton are signed with"
                    ),
                ),
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="busyfeed",
            index=models.Index(fields=["next_at"], name="busy_feed_next"),
        ),
        migrations.AddIndex(
            model_name="busytime",
            index=models.Index(fields=["feed", "ends_at"], name="busy_time_of_feed"),
        ),
        migrations.AddConstraint(
            model_name="meetingplace",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="meeting_place_once"),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(fields=("place", "name"), name="room_once"),
        ),
    ]
