"""Files of stories become files of anything. Their tables are still those of stories here: stories.0010 gives them their new names."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0010_links'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MediaFolder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(help_text='the name of its Owner', max_length=20)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Photo',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('order', models.PositiveSmallIntegerField(default=0)),
                        ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                        ('width', models.PositiveIntegerField()),
                        ('height', models.PositiveIntegerField()),
                        ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='media.mediafolder')),
                    ],
                    options={
                        'ordering': ['folder', 'order', 'id'],
                    },
                ),
                migrations.CreateModel(
                    name='Clip',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(blank=True, max_length=200)),
                        ('state', models.CharField(choices=[('waiting', 'Attend son tour'), ('working', 'En préparation'), ('ready', 'Prête'), ('refused', 'Refusée')], default='waiting', max_length=8)),
                        ('progress', models.PositiveSmallIntegerField(default=0, verbose_name='pour cent')),
                        ('reason', models.CharField(blank=True, max_length=300, verbose_name='pourquoi')),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('claimed_at', models.DateTimeField(null=True)),
                        ('created_at', models.DateTimeField()),
                        ('facts', models.JSONField(default=dict)),
                        ('burn_state', models.CharField(blank=True, choices=[('waiting', 'Attend son tour'), ('working', 'En préparation'), ('ready', 'Prête'), ('refused', 'Refusée')], max_length=8)),
                        ('burn_digest', models.CharField(blank=True, max_length=64, verbose_name='empreinte des sous-titres incrustés')),
                        ('burn_reason', models.CharField(blank=True, max_length=300)),
                        ('burn_claimed_at', models.DateTimeField(null=True)),
                        ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clips', to='media.mediafolder')),
                    ],
                    options={
                        'ordering': ['created_at', 'id'],
                        'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'working'])), fields=['created_at'], name='clip_to_make'), models.Index(condition=models.Q(('burn_state__in', ['waiting', 'working'])), fields=['created_at'], name='clip_to_burn')],
                    },
                ),
                migrations.CreateModel(
                    name='Upload',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('purpose', models.CharField(choices=[('clip', 'Vidéo ou son'), ('photo', 'Photo'), ('proof', 'Accord signé')], max_length=5)),
                        ('name', models.CharField(max_length=200)),
                        ('size', models.PositiveBigIntegerField()),
                        ('received', models.PositiveBigIntegerField(default=0)),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                        ('completed_at', models.DateTimeField(null=True)),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='media.mediafolder')),
                    ],
                    options={
                        'ordering': ['created_at', 'id'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('received__lte', models.F('size'))), name='upload_not_more_than_said')],
                    },
                ),
            ],
        ),
    ]
