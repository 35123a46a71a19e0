# steerflow, to be run as one process a container: docker build -t steerflow:0.1.0 .
# With the optional packages (schema registry, S3, Kubernetes, tokenizer.json), which are heavier than everything else together:
# --build-arg REGISTRY=1

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Nothing is compiled: native parts come as packages of binaries.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/finish-build.mjs scripts/
COPY src src
RUN npm run build
ARG REGISTRY=0
# Not --omit=optional: the binaries of lmdb are optional packages, too. Only what package.json names as optional goes.
RUN if [ "$REGISTRY" != 1 ]; then npm pkg delete optionalDependencies; fi \
 && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production STEERFLOW_DATA_DIR=/data
# A volume that is mounted on a folder of the image takes its owner over.
RUN mkdir -p /data /work && chown node:node /data /work
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE NOTICE /app/
COPY schemas /app/schemas
COPY topics /app/topics
COPY examples/data /app/examples/data
USER node
# steerflow.yaml is looked for here.
WORKDIR /work
VOLUME /data
# Whether the worker of this container is at work: it neither hangs nor has ended. No broker is asked, since a worker waits
# for one that is away. Whether records move is seen by their lag.
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "/app/dist/cli/health.js"]
# Without a shell, which would keep SIGTERM to itself: the process drains and ends in good order.
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
