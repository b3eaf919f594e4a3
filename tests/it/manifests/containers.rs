//! Images and what runs them: texts to facts.

use backlint::manifests::{self, Container, ManifestFacts, ManifestKind, Resource};

use super::facts;

/// "kind name image", one each.
fn images(facts: &ManifestFacts) -> Vec<String> {
    let shown = facts.containers.iter().map(|container| {
        format!("{:?} {} {}", container.kind, container.name, container.image.as_deref().unwrap_or("-"))
    });
    shown.collect()
}

/// "kind name key=value ..", one each.
fn resources(facts: &ManifestFacts) -> Vec<String> {
    facts.resources.iter().map(shown).collect()
}

fn shown(resource: &Resource) -> String {
    let attributes = resource.attributes.iter().map(|(key, value)| format!(" {key}={value}"));
    format!("{} {}{}", resource.kind, resource.name, attributes.collect::<String>())
}

fn paths(references: &[manifests::Reference]) -> Vec<&str> {
    references.iter().map(|reference| reference.path.as_str()).collect()
}

fn variables(container: &Container) -> Vec<String> {
    container.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[test]
fn stages_of_a_dockerfile() {
    let text = r#"# syntax=docker/dockerfile:1
ARG NODE=22
ARG BASE="node:${NODE}-alpine" MIRROR
from --platform=$BUILDPLATFORM ${BASE} As base
ENV NODE_ENV=production \
    # the port of the service

    PORT="80 80"
CMD ["node", "server.js"]

FROM golang:${GO:-1.24} AS tools
COPY --chown=node tools/go.mod tools/ ./
RUN <<EOF cat > /etc/motd
FROM nothing
EOF
FROM $MIRROR/alpine AS other
FROM base
COPY --from=tools /bin/tool /bin/
ADD ["orders api", "/srv"]
ADD https://example.com/x.tgz .
ENTRYPOINT ["tini", "--"]
CMD ["node", "orders.js"]
EXPOSE 80
"#;
    let facts = facts("services/orders/Dockerfile", text);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    let expected =
        ["Stage base node:22-alpine", "Stage tools golang:1.24", "Stage other $MIRROR/alpine", "Image  node:22-alpine"];
    assert_eq!(images(&facts), expected);
    let [base, tools, _, image] = facts.containers.as_slice() else { panic!("four stages") };
    assert_eq!(variables(base), ["NODE_ENV=production", "PORT=80 80"]);
    assert_eq!(tools.copies, ["tools/go.mod", "tools/"]);
    assert_eq!(image.copies, ["orders api"]);
    assert_eq!(image.command.as_deref(), Some("tini -- node orders.js"));
    assert_eq!(variables(image), variables(base));
    assert_eq!(&text[image.span.start as usize..image.span.end as usize], "FROM base");
}

#[test]
fn forms_of_dockerfiles() {
    let text = "# escape=`\r\nFROM base AS build-amd64\r\nFROM build-$TARGETARCH\r\nRUN a `\r\n  b\r\nCMD node `\r\n  api.js\r\n";
    let windows = facts("api.Dockerfile", text);
    assert_eq!(images(&windows), ["Stage build-amd64 base", "Image  base"]);
    assert_eq!(windows.containers[1].command.as_deref(), Some("node api.js"));
    let template = facts("Dockerfile.j2", "{% macro x() %}\nif a; then\n{% endmacro %}\nFROM node:22\n");
    assert_eq!((images(&template), template.problems.len()), (vec!["Image  node:22".to_owned()], 0));
    assert_eq!(images(&facts("DockerfileWorker", "FROM a\nSHELL [\"sh\"]")), ["Image  a"]);
    for other in ["dockerfile.go", "Dockerfile.md", "Dockerfile.dockerignore", "dockerfiles"] {
        assert_eq!(ManifestKind::of_path(other), None, "{other}");
    }
}

#[test]
fn services_of_compose() {
    let text = r#"
name: shop
include: [common.yaml, { path: [more.yaml] }]
x-service: &service
  restart: always
  environment: &variables { MODE: "${MODE:-${STAGE-test}}" }
services:
  db:
    image: "postgres:${PG_TAG:-16}-alpine"
    command: ["postgres", "-c", "fsync=off"]
  api:
    <<: *service
    build: { context: ./api, dockerfile: ../docker/api.Dockerfile, target: run }
    entrypoint: tini --
    command: node api.js
  worker:
    build: ./worker/
    extends: { file: base.yaml, service: job }
    environment: [QUEUE=orders, FROM_OUTSIDE]
  seed:
    image: shop/seed:${TAG}
    profiles: [tools]
"#;
    let facts = facts("docker-compose.prod.yml", text);
    assert_eq!((facts.name.as_deref(), facts.problems.len()), (Some("shop"), 0));
    assert_eq!(paths(&facts.includes), ["common.yaml", "more.yaml", "base.yaml"]);
    let expected =
        ["Service db postgres:16-alpine", "Service api -", "Service worker -", "Service seed shop/seed:${TAG}"];
    assert_eq!(images(&facts), expected);
    let [db, api, worker, seed] = facts.containers.as_slice() else { panic!("four services") };
    assert_eq!(db.command.as_deref(), Some("postgres -c fsync=off"));
    assert_eq!(api.command.as_deref(), Some("tini -- node api.js"));
    let built = |service: &Container| (service.build.clone(), service.dockerfile.clone(), service.target.clone());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(built(api), (some("api"), some("docker/api.Dockerfile"), some("run")));
    assert_eq!(built(worker), (some("worker"), None, None));
    assert_eq!(
        (variables(api), variables(worker)),
        (vec![some("MODE=test").unwrap_or_default()], vec!["QUEUE=orders".into()])
    );
    assert_eq!((api.optional, seed.optional), (false, true));
}

#[test]
fn objects_of_kubernetes() {
    let text = r#"
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  replicas: 2
  template:
    spec:
      initContainers: [{ name: wait, image: busybox }]
      containers:
        - name: api
          image: shop/orders:1
          command: [node]
          args: ["orders.js"]
          envFrom: [{ configMapRef: { name: orders-config } }]
          env:
            - { name: DB_HOST, value: db }
            - { name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
        - { name: proxy, image: "envoy:1" }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: orders-config }
    data: { DB_NAME: shop, "nginx.conf": "a\nb" }
  - apiVersion: batch/v1
    kind: CronJob
    metadata: { name: expire }
    spec:
      schedule: "0 * * * *"
      jobTemplate: { spec: { template: { spec: { containers: [{ image: shop/orders:1 }] } } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders }
spec: { minReplicas: 1, maxReplicas: 3, scaleTargetRef: { kind: Deployment, name: orders } }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: thumbnails }
spec: { template: { spec: { containers: [{ image: shop/thumbnails }] } } }
---
just: a map
"#;
    let facts = facts("k8s/orders.yaml", text);
    assert_eq!(facts.kind, ManifestKind::Kubernetes);
    let expected = [
        "Deployment orders namespace=shop replicas=2 image=shop/orders:1 envFrom=orders-config",
        "ConfigMap orders-config DB_NAME=shop",
        "CronJob expire schedule=0 * * * * image=shop/orders:1",
        "HorizontalPodAutoscaler orders minReplicas=1 maxReplicas=3 scaleTargetRef=orders",
        "Service thumbnails image=shop/thumbnails",
    ];
    assert_eq!(resources(&facts), expected);
    assert_eq!(facts.resources[0].group.as_deref(), Some("apps/v1"));
    let expected = [
        "Workload orders shop/orders:1",
        "Workload orders envoy:1",
        "Workload expire shop/orders:1",
        "Workload thumbnails shop/thumbnails",
    ];
    assert_eq!(images(&facts), expected);
    assert_eq!(facts.containers[0].command.as_deref(), Some("node orders.js"));
    assert_eq!(variables(&facts.containers[0]), ["DB_HOST=db"]);
}

#[test]
fn what_is_an_object() {
    let kind = |path: &str, text: &str| manifests::facts(path, text).map(|facts| facts.kind);
    assert_eq!(
        kind("a.json", r#"{ "kind": "Pod", "metadata": ["\"{"], "apiVersion": "v1" }"#),
        Some(ManifestKind::Kubernetes)
    );
    assert_eq!(kind("a.json", r#"{ "kind": "Event", "level": "Request", "apiVersion": "audit.k8s.io/v1" }"#), None);
    assert_eq!(kind("a.json", r#"{ "event": { "kind": "Pod", "apiVersion": "v1" } }"#), None);
    assert_eq!(kind("a.yaml", "event:\n  kind: Pod\n  apiVersion: v1\n"), None);
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\n";
    assert_eq!(kind("tls.yaml", kustomization), Some(ManifestKind::Kustomize));
    assert_eq!(kind("templates/mail.tpl", "kind: {{ kind }}"), None);
    assert_eq!(kind("templates/_names.tpl", "{{ define \"name\" }}"), Some(ManifestKind::HelmTemplate));
    for name in ["values.yaml", "values.prod.yml", "values_prod.yaml", "prod-values.yaml"] {
        assert_eq!(kind(name, "a: b"), Some(ManifestKind::HelmValues), "{name}");
    }
    assert_eq!(kind("valuesets.yaml", "a: b"), None);
    assert_eq!(kind("app-staging.yaml", "runtime: nodejs22\n"), Some(ManifestKind::AppEngine));
    assert_eq!(kind("apples.yaml", "runtime: nodejs22\n"), None);
}

#[test]
fn kustomizations() {
    let text = r#"
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop-prod
resources: [../../base, ingress.yaml]
components: [../../components/tls]
patches:
  - path: replicas.yaml
  - target: { kind: Deployment }
    patch: |-
      - op: remove
        path: /spec/replicas
patchesStrategicMerge: [memory.yaml]
images: [{ name: shop/orders, newName: registry.shop.io/orders, newTag: "7" }]
replicas: [{ name: orders, count: 3 }]
configMapGenerator: [{ name: config, literals: [MODE=prod] }]
"#;
    let facts = facts("k8s/overlays/prod/kustomization.yaml", text);
    assert_eq!(paths(&facts.includes), ["../../base", "ingress.yaml", "../../components/tls"]);
    assert_eq!(paths(&facts.patches), ["replicas.yaml", "memory.yaml"]);
    let expected = [
        "Kustomization  namespace=shop-prod",
        "image shop/orders newName=registry.shop.io/orders newTag=7",
        "replicas orders replicas=3",
        "ConfigMap config MODE=prod",
    ];
    assert_eq!(resources(&facts), expected);
}

#[test]
fn charts() {
    let text = "apiVersion: v2\nname: shop\ntype: application\nversion: 1.0.0\ndependencies:\n  - name: postgresql\n    \
                version: 12.1.0\n    repository: https://charts.example.com\n    condition: postgresql.enabled\n  - name: \
                orders\n    repository: file://../orders\n";
    let chart = facts("charts/shop/Chart.yaml", text);
    assert_eq!(chart.name.as_deref(), Some("shop"));
    assert_eq!(resources(&chart), ["chart shop type=application version=1.0.0"]);
    assert_eq!(super::packages::dependencies(&chart), ["postgresql 12.1.0 (optional)", "orders (repository)"]);

    let text = "replicaCount: 1\nimage: { repository: shop/api, tag: \"3\" }\nautoscaling: { enabled: false, maxReplicas: 9 \
                }\nworker:\n  replicas: 2\n  image: shop/worker:3\n";
    let values = facts("charts/shop/values-prod.yaml", text);
    let expected = [
        "values  replicaCount=1 enabled=false maxReplicas=9 image=shop/api:3",
        "values worker replicas=2 image=shop/worker:3",
    ];
    assert_eq!(resources(&values), expected);

    let text = r#"{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
  {{- with .Values.labels }}
  labels: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    spec:
      containers:
        - name: api
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: orders # for the others
"#;
    let template = facts("charts/shop/templates/orders.yaml", text);
    assert_eq!(template.kind, ManifestKind::HelmTemplate);
    let image = "{{ .Values.image.repository }}:{{ .Values.image.tag }}";
    let deployment = format!("Deployment  replicas={{{{ .Values.replicaCount }}}} image={image}");
    assert_eq!(resources(&template), [deployment.as_str(), "Service orders"]);
    assert_eq!(images(&template), [format!("Workload  {image}")]);
    // The same outside of a chart is no broken YAML.
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: job\nspec:\n  image: {{ image }}\n  {% if a %}\n";
    let template = facts("deploy/pod.yaml", text);
    assert_eq!((resources(&template), template.problems.len()), (vec!["Pod job image={{ image }}".to_owned()], 0));
}

#[test]
fn skaffold() {
    let text = r#"
apiVersion: skaffold/v4beta6
kind: Config
metadata: { name: shop }
requires: [{ path: ./orders }]
build:
  artifacts:
    - image: registry.shop.io/api
      context: ./api
      docker: { dockerfile: prod.Dockerfile }
    - image: ledger
      jib: { project: src/ledger }
manifests:
  rawYaml: [k8s/*.yaml]
deploy:
  helm: { releases: [{ name: shop, chartPath: charts/shop }] }
"#;
    let facts = facts("skaffold-dev.yaml", text);
    assert_eq!((facts.kind, facts.name.as_deref()), (ManifestKind::Skaffold, Some("shop")));
    let built = facts.containers.iter().map(|container| {
        let dockerfile = container.dockerfile.as_deref().unwrap_or("-");
        format!("{} {} {dockerfile}", container.name, container.build.as_deref().unwrap_or("-"))
    });
    assert_eq!(built.collect::<Vec<_>>(), ["api api api/prod.Dockerfile", "ledger src/ledger -"]);
    assert_eq!(paths(&facts.includes), ["k8s/*.yaml", "./orders", "charts/shop"]);
}

/// What an author of a hostile repository may try: each ends at once and with one problem.
#[test]
fn hostile_containers() {
    let many = |line: &str| line.repeat((1 << 20) / line.len());
    let anchors = || (0..60_000).map(|index| format!("- &a{index} x\n")).collect::<String>();
    let long = "x".repeat(1 << 19);
    let arguments: String = (1..60).map(|index| format!("ARG A{index}=$A{0}$A{0}\n", index - 1)).collect();
    let texts = [
        many("["),
        many("{{"),
        many("a: {"),
        many("- "),
        many("${"),
        many("x"),
        many("services: {a: "),
        format!(
            "a: &a [x,x,x,x,x,x,x,x]\n{}",
            (0..12).map(|_| "b: &a [*a,*a,*a,*a,*a,*a,*a,*a]\n").collect::<String>()
        ),
        format!("a: &a {long}\nservices:\n{}", (0..50_000).map(|index| format!(" s{index}: *a\n")).collect::<String>()),
        format!(
            "a: &a {{k: {long}}}\nservices:\n{}",
            (0..50_000).map(|index| format!(" {index}: *a\n")).collect::<String>()
        ),
        format!("{}{}", anchors(), many("- *a0\n")),
        format!("{}\n{}", "k: v\n".repeat(60_000), "<<: {}\n".repeat(60_000)),
        format!("FROM {long}\n"),
        format!("ARG A0=node{}\n{arguments}FROM $A59\n{}", "x".repeat(300), many("FROM $A2\n")),
        format!("FROM node AS a\n{}", many("FROM a\n")),
        format!("FROM a\n{}", many("RUN <<A\n")),
        format!("FROM a\n{}", many("RUN \\\n")),
        format!("FROM a\nCOPY {}", many("a ")),
        format!("services: {{ a: {{ image: \"{}\" }} }}", many("${A:-")),
        format!("services: {{ a: {{ image: \"{}\" }} }}", many("$A")),
        format!(
            "jobs: {{ a: {{ strategy: {{ matrix: {{ a: [{}] }} }}, steps: [{}] }} }}",
            "1,".repeat(1000),
            "{ uses: a@b, with: { node-version: '${{ matrix.a }}${{ matrix.a }}${{ matrix.a }}' } },".repeat(5000)
        ),
        format!(
            "variables: {{ A: {long} }}\n{}",
            (0..30_000).map(|index| format!("j{index}: {{ image: $A$A$A }}\n")).collect::<String>()
        ),
        format!("{}: {{a: {{replicaCount: 1}}}}\n", "k".repeat(1000)),
        "a: b\n c: d\n\u{0}".to_owned(),
        "\u{feff}FROM a\u{2028}\n".to_owned(),
    ];
    let paths = [
        "Dockerfile",
        "compose.yaml",
        "kustomization.yaml",
        "Chart.yaml",
        "values.yaml",
        "skaffold.yaml",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
    ];
    for (index, text) in texts.iter().enumerate() {
        for path in paths {
            let facts = facts(path, text);
            assert!(facts.problems.len() <= 1, "{path} {index}");
        }
        let text = format!("apiVersion: v1\nkind: List\n{text}");
        for path in ["k8s/a.yaml", "charts/a/templates/a.yaml"] {
            let facts = manifests::facts(path, &text).expect("an object");
            assert!(facts.problems.len() <= 1, "{path} {index}");
        }
    }
}
