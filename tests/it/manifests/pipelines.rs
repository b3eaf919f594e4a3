//! Pipelines: texts to facts.

use backlint::manifests::{ManifestFacts, Part};

use super::facts;

/// "language value", one each.
fn versions(facts: &ManifestFacts) -> Vec<String> {
    assert!(facts.versions.iter().all(|version| version.part == Part::Pipeline));
    facts.versions.iter().map(|version| format!("{} {}", version.of, version.value)).collect()
}

fn steps(facts: &ManifestFacts) -> Vec<String> {
    let shown = facts.steps.iter().map(|step| {
        let does = step.uses.as_deref().or(step.run.as_deref()).unwrap_or("-").replace('\n', "; ");
        format!("{}: {does} in {}", step.job, step.folder.as_deref().unwrap_or("-"))
    });
    shown.collect()
}

#[test]
fn workflows_of_github() {
    let text = r#"
name: CI
on:
  push: { branches: [main], tags: ["v*"] }
  schedule: [{ cron: "0 3 * * *" }]
  workflow_dispatch: { inputs: { java: { default: "21" } } }
env: { GO: "1.24" }
defaults: { run: { working-directory: ./api } }
jobs:
  test:
    environment: staging
    strategy:
      matrix:
        node: [20, 22]
        pg: [{ image: "postgres:16" }, { image: "postgres:17" }]
        include: [{ node: 24 }]
    container: { image: "shop/ci:1" }
    services:
      db:
        image: ${{ matrix.pg.image }}
        env: { POSTGRES_DB: shop }
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: "${{ matrix.node }}", node-version-file: .nvmrc }
      - uses: actions/setup-go@v5
        with: { go-version: "${{ env.GO }}.x" }
      - uses: actions/setup-java@v4
        with: { java-version: "${{ inputs.java || '17' }}" }
      - uses: actions/setup-python@v5
        with:
          python-version: |
            3.12
            3.13
      - uses: ruby/setup-ruby@v1
        with: { ruby-version: "${{ needs.plan.outputs.ruby }}" }
      - uses: dtolnay/rust-toolchain@1.85.0
      - uses: some/rust-toolchain@6323deb102c322ba6fcbdcafc7e3dddab59af2b6
      - run: npm test
      - run: terraform plan
        working-directory: ${{ github.workspace }}/infra/
  deploy:
    if: github.ref == 'refs/heads/main'
    uses: ./.github/workflows/deploy.yml
"#;
    let facts = facts(".github/workflows/ci.yml", text);
    assert_eq!((facts.name.as_deref(), facts.problems.len()), (Some("CI"), 0));
    let expected =
        ["node 20", "node 22", "node 24", "go 1.24.x", "java 21", "python 3.12", "python 3.13", "rust 1.85.0"];
    assert_eq!(versions(&facts), expected);
    let expected = [
        "test: actions/checkout in -",
        "test: actions/setup-node in -",
        "test: actions/setup-go in -",
        "test: actions/setup-java in -",
        "test: actions/setup-python in -",
        "test: ruby/setup-ruby in -",
        "test: dtolnay/rust-toolchain in -",
        "test: some/rust-toolchain in -",
        "test: npm test in api",
        "test: terraform plan in infra",
        "deploy: ./.github/workflows/deploy.yml in -",
    ];
    assert_eq!(steps(&facts), expected);
    let images: Vec<&str> = facts.containers.iter().filter_map(|container| container.image.as_deref()).collect();
    assert_eq!(images, ["shop/ci:1", "postgres:16", "postgres:17"]);
    let [workflow, test, deploy] = facts.resources.as_slice() else { panic!("a workflow and two jobs") };
    let said: Vec<String> = workflow.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = ["on=push", "on=schedule", "on=workflow_dispatch", "branches=main", "tags=v*", "cron=0 3 * * *"];
    assert_eq!(said, expected);
    assert_eq!((test.name.as_str(), deploy.name.as_str()), ("test", "deploy"));
    assert!(facts.versions.iter().all(|version| facts.steps.iter().any(|step| step.span.contains(version.span))));
    assert!(facts.containers.iter().all(|container| test.span.contains(container.span)));
    assert!(!deploy.span.contains(facts.containers[0].span));
}

#[test]
fn actions_of_steps() {
    let text = "name: Set up\ninputs:\n  node: { default: '22' }\nruns:\n  using: composite\n  steps:\n    - uses: \
                actions/setup-node@v4\n      with: { node-version: '${{ inputs.node }}' }\n";
    let facts = facts(".github/actions/setup/action.yml", text);
    assert_eq!((versions(&facts), steps(&facts).len()), (vec!["node 22".to_owned()], 1));
}

#[test]
fn pipelines_of_gitlab() {
    let text = r#"
include: [{ local: /ci/deploy.yml }, "https://example.com/x.yml"]
image: node:$NODE
variables: { NODE: "22", PG: { value: "16" } }
before_script: [npm ci]
.base: &base
  script: &install [npm run build]
test:
  <<: *base
  stage: test
  services: ["postgres:${PG}", { name: redis:7, alias: cache }]
  script:
    - *install
    - npm test
deploy:
  environment: { name: production }
  script: kubectl apply -f k8s
"#;
    let facts = facts(".gitlab-ci.yml", text);
    let includes: Vec<&str> = facts.includes.iter().map(|reference| reference.path.as_str()).collect();
    assert_eq!(includes, ["ci/deploy.yml"]);
    let expected = [
        "default: npm ci in -",
        ".base: npm run build in -",
        "test: npm run build; npm test in -",
        "deploy: kubectl apply -f k8s in -",
    ];
    assert_eq!(steps(&facts), expected);
    let images: Vec<String> = facts
        .containers
        .iter()
        .map(|known| format!("{} {}", known.name, known.image.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(images, ["default node:22", " postgres:16", "cache redis:7"]);
}
