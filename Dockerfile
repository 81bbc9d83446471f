# Node's long-term support release; any that package.json allows will do.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY build ./build
COPY dashboard ./dashboard
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:${NODE_VERSION}-alpine
LABEL org.opencontainers.image.title="headrace" \
      org.opencontainers.image.description="A load-balancing reverse proxy with health checks" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    HEADRACE_ADMIN_PORT=9090
WORKDIR /app
# Everything stays root's: the process can read its code and not change it.
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# What the simulator plays.
COPY bench/scenarios ./bench/scenarios
# The user "node", as a number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HEADRACE_ADMIN_PORT + '/livez', { signal: AbortSignal.timeout(2000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between the signals and the program.
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["--config", "/etc/headrace/config.json"]
