# syntax=docker/dockerfile:1
# One image for every process: `orion serve` (default), `orion worker`, `orion migrate`.

FROM ghcr.io/astral-sh/uv:0.13.8 AS uv

FROM python:3.13-slim-bookworm AS build
COPY --from=uv /uv /usr/local/bin/uv
WORKDIR /app
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-default-groups --no-install-project
COPY . .
# scripts/assets.py fetches npm by itself where there is none; the second sync takes it out again.
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=cache,target=/root/.npm \
    uv sync --frozen --no-default-groups \
    && .venv/bin/python scripts/assets.py \
    && rm -rf node_modules \
    && uv sync --frozen --no-default-groups

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /app orion \
    && mkdir -p /var/lib/orion \
    && chown orion /var/lib/orion
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    VAR_DIR=/var/lib/orion
USER orion
VOLUME /var/lib/orion
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["orion"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
