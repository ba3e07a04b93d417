# Rongmei on the official Airflow image, with the pinned versions of requirements.txt.
FROM apache/airflow:3.3.2

USER root
# A no-op where the environment already belongs to the airflow user.
RUN find /home/airflow/.local ! -user airflow -exec chown airflow {} + \
    && install -d -o airflow -g 0 -m 2775 /opt/rongmei /var/lib/rongmei /var/lib/sandbox
USER airflow

COPY --chown=airflow:0 requirements.txt /opt/rongmei/
RUN --mount=type=cache,target=/home/airflow/.cache/pip,uid=50000 \
    pip install --quiet --disable-pip-version-check -r /opt/rongmei/requirements.txt

COPY --chown=airflow:0 pyproject.toml README.md /opt/rongmei/
COPY --chown=airflow:0 include /opt/rongmei/include
COPY --chown=airflow:0 plugins /opt/rongmei/plugins
COPY --chown=airflow:0 dags /opt/rongmei/dags
RUN --mount=type=cache,target=/home/airflow/.cache/pip,uid=50000 \
    pip install --quiet --disable-pip-version-check --no-deps --editable /opt/rongmei \
    # A task is a process: without this each of a new container's first ones would compile the same modules.
    && python -m compileall -q /opt/rongmei/include /opt/rongmei/plugins /opt/rongmei/dags

ENV AIRFLOW__CORE__DAGS_FOLDER=/opt/rongmei/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/rongmei/plugins \
    RONGMEI_CONFIG=/opt/rongmei/include \
    RONGMEI_HOME=/var/lib/rongmei
