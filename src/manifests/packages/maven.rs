//! `pom.xml` to facts. What another file says, a parent or a list of versions, it does not know.

use roxmltree::Node;
use rustc_hash::FxHashMap;

use super::xml::{self, Properties};
use super::{Broken, Dependency, ManifestFacts, Origin, Scope};
use crate::manifests::{Part, Version};

/// Where the version of Java may stand, the strictest first.
const JAVA: &[&str] = &["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"];
const COMPILER: &str = "org.apache.maven.plugins:maven-compiler-plugin";

pub(in crate::manifests) fn read(_path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let document = xml::document(text)?;
    let project = document.root_element();
    if xml::name(project) != "project" {
        return Ok(());
    }
    let parent = xml::child(project, "parent");
    let properties = properties(project, parent);
    let own = |name: &str| xml::text_of(project, name).or_else(|| xml::text_of(parent?, name));
    if let (Some(group), Some(artifact)) = (own("groupId"), xml::text_of(project, "artifactId")) {
        facts.name = Some(properties.resolved(&format!("{group}:{artifact}")));
    }
    // The versions of a parent are those of its dependencies, as with a list of versions.
    facts.shared.extend(parent.and_then(|parent| dependency(parent, &properties)));
    manage(project, &properties, facts);
    let managed: FxHashMap<String, Option<String>> =
        facts.shared.iter().map(|known| (known.name.clone(), known.version.clone())).collect();
    depend(project, Scope::Product, &managed, &properties, facts);
    let profiles = xml::child(project, "profiles").into_iter().flat_map(|profiles| xml::children(profiles, "profile"));
    for profile in profiles {
        manage(profile, &properties, facts);
        depend(profile, Scope::Optional, &managed, &properties, facts);
    }
    java(project, &properties, facts);
    Ok(())
}

fn properties<'a>(project: Node<'a, '_>, parent: Option<Node<'a, '_>>) -> Properties<'a> {
    let mut properties = Properties::new("${", '}');
    for (of, prefix) in [(parent, "project.parent."), (parent, "project."), (Some(project), "project.")] {
        for key in ["groupId", "artifactId", "version"] {
            if let Some(value) = of.and_then(|of| xml::text_of(of, key)) {
                properties.set(format!("{prefix}{key}"), value);
            }
        }
    }
    let listed = xml::child(project, "properties").into_iter().flat_map(|listed| listed.children());
    for property in listed.filter(Node::is_element) {
        properties.set(xml::name(property), xml::text(property).unwrap_or_default());
    }
    properties
}

/// What a project or profile says of versions that others ask for, and what it joins.
fn manage(of: Node, properties: &Properties, facts: &mut ManifestFacts) {
    for path in [["dependencyManagement", "dependencies"].as_slice(), &["build", "pluginManagement", "plugins"]] {
        let rows = xml::at(of, path).into_iter().flat_map(|rows| rows.children());
        facts.shared.extend(rows.filter_map(|row| dependency(row, properties)));
    }
    let modules = xml::child(of, "modules").into_iter().flat_map(|modules| xml::children(modules, "module"));
    facts.members.extend(modules.filter_map(xml::text).map(str::to_owned));
}

fn depend(
    of: Node,
    usual: Scope,
    managed: &FxHashMap<String, Option<String>>,
    properties: &Properties,
    facts: &mut ManifestFacts,
) {
    for path in [["dependencies"].as_slice(), &["build", "plugins"]] {
        for row in xml::at(of, path).into_iter().flat_map(|rows| rows.children()) {
            let Some(mut dependency) = dependency(row, properties) else { continue };
            if dependency.scope == Scope::Product {
                dependency.scope = usual;
            }
            if dependency.version.is_none() {
                dependency.version = managed.get(&dependency.name).cloned().flatten();
                dependency.origin = Origin::Shared(String::new());
            }
            facts.dependencies.push(dependency);
        }
    }
}

/// A `<dependency>`, `<plugin>` or `<parent>`.
fn dependency(row: Node, properties: &Properties) -> Option<Dependency> {
    let is_plugin = xml::name(row) == "plugin";
    let group = xml::text_of(row, "groupId").or(is_plugin.then_some("org.apache.maven.plugins"))?;
    let artifact = xml::text_of(row, "artifactId")?;
    let scope = match xml::text_of(row, "scope") {
        _ if is_plugin || xml::name(row) == "parent" => Scope::Build,
        Some("test") => Scope::Dev,
        Some("provided" | "system") => Scope::Peer,
        _ if xml::text_of(row, "optional") == Some("true") => Scope::Optional,
        _ => Scope::Product,
    };
    Some(Dependency {
        name: properties.resolved(&format!("{group}:{artifact}")),
        version: xml::text_of(row, "version").map(|version| properties.resolved(version)),
        scope,
        origin: Origin::Registry,
        span: xml::span(row),
    })
}

fn java(project: Node, properties: &Properties, facts: &mut ManifestFacts) {
    let property = JAVA.iter().find_map(|name| xml::at(project, &["properties", name]));
    let plugins = xml::at(project, &["build", "plugins"]).into_iter().flat_map(|plugins| plugins.children());
    let mut compilers =
        plugins.filter(|row| dependency(*row, properties).is_some_and(|plugin| plugin.name == COMPILER));
    let configured = || {
        let configuration = xml::child(compilers.next()?, "configuration")?;
        ["release", "target", "source"].iter().find_map(|name| xml::child(configuration, name))
    };
    let Some(floor) = property.or_else(configured) else { return };
    let value = properties.resolved(xml::text(floor).unwrap_or_default());
    facts.versions.push(Version { of: "java".to_owned(), value, part: Part::Floor, span: xml::span(floor) });
}
