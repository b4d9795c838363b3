# One image for the worker, Flower and the simulator; docker-compose.yml says which of them runs.

FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# No pip in what is shipped: the build's pip installs into it.
RUN python -m venv --without-pip /opt/mprelease \
    && python -m venv /opt/build

# Before the code, so that a change of code doesn't install everything anew.
COPY requirements.lock requirements-dev.lock ./
RUN python -m pip --python /opt/mprelease/bin/python install --require-hashes --only-binary=:all: -r requirements.lock
# Only setuptools, which makes the wheel, with the lock's hashes as well.
RUN awk '/^[^ ]/ { wanted = /^setuptools==/ } wanted' requirements-dev.lock > build.lock \
    && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r build.lock

COPY pyproject.toml README.md LICENSE ./
COPY cli cli/
COPY config config/
COPY db db/
COPY releases releases/
COPY simulator simulator/
COPY tasks tasks/
COPY web web/
COPY wechat wechat/
COPY worker worker/
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /dist . \
    && python -m pip --python /opt/mprelease/bin/python install --no-index --no-deps --compile /dist/*.whl

FROM python:3.12-slim
ENV PATH=/opt/mprelease/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A fixed number, so that whoever makes volumes and secret files can say who reads them.
RUN groupadd --gid 10001 mprelease \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mprelease \
    && install --directory --owner 10001 --group 10001 /var/lib/flower
COPY --from=build /opt/mprelease /opt/mprelease
WORKDIR /app
# Flower reads its options from a path; the code itself is installed.
COPY config/flower.py config/flower.py
USER 10001:10001
# No entry point: what is run may be `mprelease …`, `celery -A worker …` or `python -m simulator …`.
CMD ["mprelease", "worker"]
