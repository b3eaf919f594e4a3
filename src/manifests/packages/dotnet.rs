//! Projects of .NET, and the properties that folders of them share, to facts. What a project of tests needs is for
//! development. Conditions are not judged.

use roxmltree::Node;

use super::xml::{self, Properties};
use super::{Broken, Dependency, ManifestFacts, Origin, Scope, Span};
use crate::manifests::{ManifestKind, Part, Version};

pub(in crate::manifests) fn read(path: &str, text: &str, facts: &mut ManifestFacts) -> Result<(), Broken> {
    let document = xml::document(text)?;
    let project = document.root_element();
    let groups = || project.children().filter(Node::is_element);
    let mut properties = Properties::new("$(", ')');
    for property in groups().filter(|group| xml::name(*group) == "PropertyGroup").flat_map(|group| group.children()) {
        if let Some(value) = xml::text(property) {
            properties.set(xml::name(property), value);
        }
    }
    if facts.kind == ManifestKind::DotNetProject {
        let file = path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        properties.set("MSBuildProjectName", stem);
        facts.name = properties.get("AssemblyName").or_else(|| Some(stem.to_owned()));
    }
    sdks(project.attribute("Sdk").unwrap_or_default(), head(project), facts);
    for group in groups() {
        match xml::name(group) {
            "Sdk" => sdks(group.attribute("Name").unwrap_or_default(), xml::span(group), facts),
            "PropertyGroup" => frameworks(group, &properties, facts),
            "ItemGroup" => {
                for item in group.children().filter(Node::is_element) {
                    depend(item, &properties, facts);
                }
            }
            // Groups that depend on a condition.
            "Choose" => {
                let items = group.descendants().filter(|item| item.has_attribute("Include"));
                items.for_each(|item| depend(item, &properties, facts));
            }
            _ => {}
        }
    }
    let tests = |dependency: &Dependency| dependency.name == "Microsoft.NET.Test.Sdk";
    if properties.get("IsTestProject").as_deref() == Some("true") || facts.dependencies.iter().any(tests) {
        let product = facts.dependencies.iter_mut().filter(|dependency| dependency.scope == Scope::Product);
        product.for_each(|dependency| dependency.scope = Scope::Dev);
    }
    Ok(())
}

/// The tag that opens an element.
fn head(node: Node) -> Span {
    let range = node.range();
    let start = node.document().input_text()[range.clone()].find('>').map_or(range.end, |at| range.start + at + 1);
    Span::new(range.start, start)
}

/// What a project is built by: it tells a web application from a library. `Name/1.2; Other`.
fn sdks(listed: &str, span: Span, facts: &mut ManifestFacts) {
    for sdk in listed.split(';').map(str::trim).filter(|sdk| !sdk.is_empty()) {
        let (name, version) = sdk.split_once('/').map_or((sdk, None), |(name, version)| (name, Some(version)));
        facts.dependencies.push(Dependency {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            // It brings a framework along, which is there where the product runs.
            scope: Scope::Product,
            origin: Origin::Registry,
            span,
        });
    }
}

fn frameworks(group: Node, properties: &Properties, facts: &mut ManifestFacts) {
    let targets = ["TargetFramework", "TargetFrameworks", "TargetFrameworkVersion"];
    for target in group.children().filter(|child| targets.contains(&xml::name(*child))) {
        let listed = properties.resolved(xml::text(target).unwrap_or_default());
        for framework in listed.split(';').map(str::trim).filter(|framework| !framework.is_empty()) {
            let value = version(framework).to_owned();
            facts.versions.push(Version { of: "dotnet".to_owned(), value, part: Part::Floor, span: xml::span(target) });
        }
    }
}

/// `net8.0-windows` is 8.0; what came before is another product, and stays as it is called.
fn version(framework: &str) -> &str {
    let platform = framework.split('-').next().unwrap_or(framework);
    let number = platform.strip_prefix("netcoreapp").or_else(|| platform.strip_prefix("net"));
    number
        .filter(|number| number.contains('.') && number.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(framework)
}

fn depend(item: Node, properties: &Properties, facts: &mut ManifestFacts) {
    let of = |key: &str| item.attribute(key).or_else(|| xml::text_of(item, key));
    let Some(included) = of("Include") else { return };
    let version = of("VersionOverride").or_else(|| of("Version")).map(|version| properties.resolved(version));
    let mut dependency = Dependency {
        name: properties.resolved(included),
        version,
        scope: if of("PrivateAssets").is_some_and(|kept| kept.eq_ignore_ascii_case("all")) {
            Scope::Build
        } else {
            Scope::Product
        },
        origin: Origin::Registry,
        span: xml::span(item),
    };
    match xml::name(item) {
        "PackageReference" => {
            if dependency.version.is_none() {
                dependency.origin = Origin::Shared(String::new());
            }
            facts.dependencies.push(dependency);
        }
        "FrameworkReference" => facts.dependencies.push(dependency),
        "ProjectReference" => {
            let name = dependency.name.replace('\\', "/");
            facts.dependencies.push(Dependency { name, origin: Origin::Repository, ..dependency });
        }
        "PackageVersion" | "GlobalPackageReference" => facts.shared.push(dependency),
        _ => {}
    }
}
