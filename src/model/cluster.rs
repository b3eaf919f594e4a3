//! What the repository runs on Kubernetes: workloads of its own and of others, how they scale, and who deploys them.
//! Counts and cites; judges nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Project;
use crate::catalogue::{SystemRole, fits};
use crate::facts::FileId;
use crate::finding::{Place, Step};
use crate::manifests::{ContainerKind, ManifestFacts, ManifestKind, Resource};
use crate::paths::{folder, join};
use crate::walk::Role;

/// Everything the repository says about Kubernetes.
#[derive(Debug, Default)]
pub struct Cluster {
    /// Those that run what is built here, by name.
    pub own: Vec<Workload>,
    /// Databases, proxies and the like beside them.
    pub others: Vec<Workload>,
    /// The most replicas that any is asked for or scaled to.
    pub most_replicas: u32,
    /// Definitions of new kinds, meshes of services: what only Kubernetes has.
    pub native: Vec<Place>,
    /// What shows that the team itself deploys there.
    pub deployed: Vec<Step>,
    /// What hints at it: an image that only its owner reads.
    pub hinted: Vec<Step>,
    /// What shows that others are meant to.
    pub distributed: Vec<Step>,
}

/// Pods of one image.
#[derive(Clone, Debug)]
pub struct Workload {
    pub name: String,
    pub image: String,
    pub place: Place,
}

const WORKLOADS: &[&str] = &["DaemonSet", "Deployment", "ReplicaSet", "Rollout", "Service", "StatefulSet"];
/// Pods that end.
const ONCE: &[&str] = &["CronJob", "Job"];
const SCALERS: &[&str] = &["HorizontalPodAutoscaler", "ScaledObject"];
/// Hosts of registries that only their owner reads.
const PRIVATE_REGISTRIES: &[&str] = &[".azurecr.io", ".dkr.ecr.", ".pkg.dev", "gcr.io/", "registry."];
/// Those among them that anyone reads.
const PUBLIC_REGISTRIES: &[&str] = &[
    "gcr.io/cadvisor",
    "gcr.io/cloud-builders",
    "gcr.io/distroless",
    "gcr.io/google",
    "gcr.io/kaniko-project",
    "gcr.io/kubebuilder",
    "k8s.gcr.io",
    "registry.access.redhat.com",
    "registry.hub.docker.com",
    "registry.k8s.io",
    "registry.redhat.io",
];
/// Words in commands that make a cluster for the length of a test.
const REHEARSALS: &[&str] = &["k3d ", "kind create", "kind load", "kind-action", "minikube", "setup-kind"];
/// Words in commands that hand a chart to others.
const RELEASES: &[&str] =
    &["chart-releaser", "chart-testing", "cr upload", "helm cm-push", "helm package", "helm push", "helm repo index"];
/// Words in headings of what is handed to others.
const OFFERS: &[&str] =
    &["artifact hub", "installing the chart", "install the chart", "self-host", "self host", "selfhost"];

impl Project<'_> {
    pub fn cluster(&self) -> Cluster {
        let mut cluster = Cluster::default();
        let patches: FxHashSet<String> = self.patches();
        let built = self.built_here();
        let mut pods = Pods::default();
        for (file, manifest) in self.manifests().filter(|(file, _)| self.file(*file).role == Role::Product) {
            if patches.contains(&self.file(file).path) {
                continue; // Changes what another file describes.
            }
            for resource in &manifest.resources {
                self.add_resource(&mut cluster, file, manifest, resource);
            }
            self.add_workloads(&mut pods, file, manifest, &built);
            self.add_steps(&mut cluster, file, manifest);
            let is_offer = |text: &str| OFFERS.iter().any(|words| text.to_lowercase().contains(words));
            cluster.distributed.extend(manifest.headings.iter().filter(|heading| is_offer(&heading.text)).map(
                |heading| {
                    let message = format!("\u{201c}{}\u{201d} is written for others", heading.text);
                    Step { place: Place { file, span: heading.span }, message }
                },
            ));
        }
        (cluster.own, cluster.others) = pods.finish();
        let private = cluster.own.iter().find(|one| is_private(&one.image));
        if let Some(private) = private {
            let message = format!("the image `{}` lies in a registry of its own", private.image);
            cluster.hinted.push(Step { place: private.place, message });
        }
        cluster
    }

    fn add_resource(&self, cluster: &mut Cluster, file: FileId, manifest: &ManifestFacts, resource: &Resource) {
        let place = Place { file, span: resource.span };
        let is_object = matches!(
            manifest.kind,
            ManifestKind::Kubernetes | ManifestKind::HelmTemplate | ManifestKind::Kustomize | ManifestKind::HelmValues
        );
        if is_object {
            cluster.most_replicas = cluster.most_replicas.max(replicas(manifest.kind, resource));
            if resource.kind == "CustomResourceDefinition" {
                cluster.native.push(place);
            }
            let role = resource.group.as_deref().and_then(|group| self.system_of_group(group));
            match role {
                Some(SystemRole::Mesh) => cluster.native.push(place),
                Some(SystemRole::Delivery) if !WORKLOADS.contains(&resource.kind.as_str()) => {
                    cluster.deployed.push(Step {
                        place,
                        message: format!("`{}` keeps a cluster in step with the repository", resource.kind),
                    })
                }
                _ => {}
            }
            return;
        }
        let orchestrates = self.catalogue.systems().any(|(_, system)| {
            system.role == SystemRole::Orchestrator
                && system.resources.iter().any(|pattern| fits(pattern, &resource.kind))
        });
        if orchestrates {
            cluster.deployed.push(Step { place, message: format!("`{}` makes a cluster", resource.kind) });
        }
    }

    fn add_workloads(&self, pods: &mut Pods, file: FileId, manifest: &ManifestFacts, built: &FxHashSet<String>) {
        for container in manifest.containers.iter().filter(|one| one.kind == ContainerKind::Workload) {
            let Some(image) = container.image.clone() else { continue };
            let is_own = self.is_own(&image, built);
            let kinds = manifest.resources.iter().filter(|resource| resource.name == container.name);
            let is_once = kinds.map(|resource| resource.kind.as_str()).any(|kind| ONCE.contains(&kind));
            let place = Place { file, span: container.span };
            pods.add(Workload { name: container.name.clone(), image, place }, is_own, is_once);
        }
    }

    fn add_steps(&self, cluster: &mut Cluster, file: FileId, manifest: &ManifestFacts) {
        let rehearses = |text: &str| REHEARSALS.iter().any(|word| text.contains(word));
        let texts = |step: &crate::manifests::Step| {
            let run = step.run.clone().unwrap_or_default();
            step.uses.clone().unwrap_or_default() + " " + &run
        };
        if manifest.steps.iter().any(|step| rehearses(&texts(step))) {
            return;
        }
        for step in &manifest.steps {
            let text = texts(step);
            let place = Place { file, span: step.span };
            if let Some(word) = RELEASES.iter().find(|word| text.contains(**word)) {
                cluster.distributed.push(Step { place, message: format!("`{word}` hands a chart to others") });
            }
            let found = self.catalogue.systems().filter(|(_, system)| system.role == SystemRole::Orchestrator);
            let found = found.flat_map(|(_, system)| &system.deploys);
            if let Some(word) = found.into_iter().find(|word| text.contains(word.as_str())) {
                cluster.deployed.push(Step { place, message: format!("the pipeline calls `{word}`") });
            }
        }
    }

    /// Names that images built here have: of services, of folders with a Dockerfile, of Compose's builds.
    fn built_here(&self) -> FxHashSet<String> {
        let mut names = FxHashSet::default();
        for service in self.services() {
            names.insert(service.name.to_lowercase());
            names.extend(service.folder.rsplit('/').next().map(str::to_lowercase));
        }
        for (file, manifest) in self.manifests() {
            if manifest.kind == ManifestKind::Dockerfile {
                names.extend(self.file(file).path.rsplit('/').nth(1).map(str::to_lowercase));
            }
            for container in manifest.containers.iter().filter(|one| one.build.is_some()) {
                names.insert(container.name.to_lowercase());
                names.extend(container.image.as_deref().map(|image| plain(image).to_lowercase()));
            }
        }
        names.remove("");
        names.remove(".");
        names
    }

    fn is_own(&self, image: &str, built: &FxHashSet<String>) -> bool {
        let is_written = !image.contains("{{") && !image.contains("${");
        let is_known = self.system_of_image(image.rsplit_once(':').map_or(image, |(name, _)| name)).is_some();
        let name = plain(image).to_lowercase();
        !is_known
            && (!is_written || is_private(image) || built.contains(&name) || built.iter().any(|one| alike(one, &name)))
    }

    /// Files that only change what others describe.
    fn patches(&self) -> FxHashSet<String> {
        let mut patches = FxHashSet::default();
        for (file, manifest) in self.manifests().filter(|(_, manifest)| manifest.kind == ManifestKind::Kustomize) {
            let folder = folder(&self.file(file).path);
            for patch in &manifest.patches {
                patches.extend(join(folder, &patch.path));
            }
        }
        patches
    }

    fn system_of_group(&self, group: &str) -> Option<SystemRole> {
        let group = group.split('/').next()?;
        let found = self.catalogue.systems().find(|(_, system)| {
            system.groups.iter().any(|known| group == known || group.ends_with(&format!(".{known}")))
        });
        found.map(|(_, system)| system.role)
    }
}

/// Workloads by name: an overlay speaks of one that is known, and a second container stands beside the first.
#[derive(Default)]
struct Pods {
    found: Vec<(Workload, bool, bool)>,
    by_name: FxHashMap<String, usize>,
}

impl Pods {
    fn add(&mut self, workload: Workload, is_own: bool, is_once: bool) {
        match self.by_name.get(&workload.name) {
            Some(index) if is_own && !self.found[*index].1 => self.found[*index] = (workload, is_own, is_once),
            Some(_) => {}
            None => {
                self.by_name.insert(workload.name.clone(), self.found.len());
                self.found.push((workload, is_own, is_once));
            }
        }
    }

    /// Own ones and others. A task with the image of a workload is no further one.
    fn finish(self) -> (Vec<Workload>, Vec<Workload>) {
        let lasting = self.found.iter().filter(|(_, is_own, is_once)| *is_own && !is_once);
        let images: FxHashSet<String> = lasting.map(|(workload, ..)| plain(&workload.image).to_owned()).collect();
        let is_task =
            |(workload, _, is_once): &(Workload, bool, bool)| *is_once && images.contains(plain(&workload.image));
        let (own, others): (Vec<_>, Vec<_>) =
            self.found.into_iter().filter(|found| !is_task(found)).partition(|(_, is_own, _)| *is_own);
        let workloads = |found: Vec<(Workload, bool, bool)>| found.into_iter().map(|(workload, ..)| workload).collect();
        (workloads(own), workloads(others))
    }
}

/// How many replicas an object asks for at most.
fn replicas(kind: ManifestKind, resource: &Resource) -> u32 {
    let text = |key: &str| Some(resource.attributes.iter().find(|(name, _)| name == key)?.1.as_str());
    let number = |key: &str| text(key)?.parse::<u32>().ok();
    let most = || number("maxReplicas").or(number("maxReplicaCount"));
    let asked = if resource.kind == "values" {
        let scaled = if text("enabled") == Some("true") { most().or(Some(UNSAID)) } else { None };
        scaled.or(number("replicaCount")).or(number("replicas"))
    } else if SCALERS.contains(&resource.kind.as_str()) {
        // In a template the values say whether there is one, and how far it goes.
        most().or((kind != ManifestKind::HelmTemplate).then_some(UNSAID))
    } else {
        number("replicas")
    };
    asked.unwrap_or(1)
}

/// Where a scaler does not say how far it goes.
const UNSAID: u32 = 10;

fn is_private(image: &str) -> bool {
    let is_one_of = |hosts: &[&str]| hosts.iter().any(|host| image.contains(host));
    is_one_of(PRIVATE_REGISTRIES) && !is_one_of(PUBLIC_REGISTRIES)
}

/// An image without registry, owner, tag and digest.
fn plain(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default()
}

/// `shop-api` is built by `api`, `simplebank` by `simplebank`.
fn alike(one: &str, other: &str) -> bool {
    let parts = |text: &str| text.split(['-', '_']).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(one), parts(other));
    one.len() > 1 && other.ends_with(&one) || other.len() > 1 && one.ends_with(&other)
}
