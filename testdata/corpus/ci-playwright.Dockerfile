FROM mcr.microsoft.com/playwright:v1.40.0-jammy
WORKDIR /e2e
COPY e2e/package*.json ./
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 CI=true
RUN npm ci
COPY e2e .
CMD npx playwright test --reporter=list,junit
