//! Every system that backlint promises to recognise is recognised in a repository below `fixtures/stacks/`.

use std::fs;
use std::path::Path;

/// By the names that the catalogue gives them.
#[rustfmt::skip]
const SYSTEMS: &[&str] = &[
    // TypeScript and JavaScript
    "Express", "NestJS", "Fastify", "Hono", "Elysia", "Koa", "Next.js", "tRPC",
    "Zod", "Valibot", "ArkType", "TypeBox",
    "Prisma", "Drizzle", "Kysely", "TypeORM", "MikroORM", "Sequelize",
    "Better Auth", "Lucia", "Auth.js", "Passport", "@nestjs/jwt",
    // Python
    "FastAPI", "Litestar", "Django", "Django Ninja", "Django REST framework", "Flask", "Pydantic",
    "SQLAlchemy", "Django ORM", "Tortoise ORM", "fastapi-users", "Authlib",
    // Go
    "net/http", "Chi", "Gin", "Echo", "Fiber", "Huma", "GORM", "Ent", "sqlc", "golang-jwt",
    // Rust
    "Axum", "Actix Web", "Rocket", "Poem", "sqlx", "SeaORM", "Diesel", "axum-login", "tower-sessions",
    // The JVM
    "Spring Boot", "Quarkus", "Micronaut", "Ktor", "Hibernate", "jOOQ", "Exposed", "Spring Security",
    // Ruby, PHP and .NET
    "Rails", "Devise", "Laravel", "Symfony", "ASP.NET Core",
    // Styles of interfaces
    "REST", "OpenAPI 3.1", "GraphQL", "Apollo Server", "Apollo Federation", "Hasura", "PostGraphile", "gRPC", "Connect",
    // Signing in, and permissions
    "Clerk", "Auth0", "Stytch", "WorkOS", "Kinde", "SuperTokens", "Keycloak", "Supabase Auth",
    "OpenFGA", "Oso", "Cerbos",
    // Observability
    "OpenTelemetry", "Prometheus", "Grafana", "Grafana Tempo", "Grafana Loki", "Jaeger", "Datadog", "New Relic",
    "Honeycomb", "Sentry", "PostHog",
    // Jobs and messages
    "Temporal", "pgmq", "Sidekiq", "Celery", "BullMQ", "Inngest", "Trigger.dev",
    "Kafka", "Redpanda", "Pulsar", "NATS", "RabbitMQ",
    // Where it runs
    "Kubernetes", "Helm", "Kustomize", "Argo CD", "Flux", "Istio", "Linkerd", "Docker", "Docker Compose",
    "AWS Lambda", "Mangum", "SnapStart", "Vercel", "Cloudflare Workers", "Railway", "Render", "Fly.io", "Cloud Run",
    "Bun", "Deno",
    // Data
    "PostgreSQL", "MySQL", "SQLite", "MongoDB", "DynamoDB", "Redis", "Elasticsearch", "OpenSearch", "pgvector", "Neon",
    "PlanetScale", "Supabase", "Turso", "D1",
];

#[test]
fn every_repository_is_blessed() {
    for folder in fs::read_dir(stacks()).expect("a folder of repositories").flatten() {
        let expected = folder.path().join("expected.txt");
        assert!(expected.exists(), "{}: create it empty, then BLESS=1 cargo test", expected.display());
    }
}

#[test]
fn every_system_is_recognised() {
    let folders = fs::read_dir(stacks()).expect("a folder of repositories").flatten();
    let texts = folders.filter_map(|folder| fs::read_to_string(folder.path().join("expected.txt")).ok());
    let seen: Vec<String> = texts.flat_map(|text| text.lines().flat_map(names).collect::<Vec<_>>()).collect();
    let is_seen = |name: &&str| seen.iter().any(|seen| seen == name);
    let unseen: Vec<&&str> = SYSTEMS.iter().filter(|name| !is_seen(name)).collect();
    assert!(unseen.is_empty(), "no fixtures/stacks/*/expected.txt names {unseen:?}");
}

/// The names of a line such as `  data access    Prisma, Redis (declared)`.
fn names(line: &str) -> Vec<String> {
    let Some((label, names)) = line.split_at_checked(17).filter(|(label, _)| label.starts_with("  ")) else {
        return Vec::new();
    };
    if label.trim().is_empty() || names.starts_with(' ') {
        return Vec::new(); // Evidence.
    }
    names.split(", ").map(|name| name.trim_end_matches(" (declared)").to_owned()).collect()
}

fn stacks() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stacks")
}
