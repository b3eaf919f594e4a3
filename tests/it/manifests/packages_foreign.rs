//! Packages of languages whose sources are not read: Java, Ruby, PHP, .NET.

use super::{dependencies, facts};
use backlint::manifests::{Dependency, ManifestFacts, Origin};

/// "name version", one each; `@` and an alias for versions that stand elsewhere.
fn versions(listed: &[Dependency]) -> Vec<String> {
    let shown = listed.iter().map(|known| match (&known.origin, &known.version) {
        (Origin::Shared(alias), version) => format!("{} @{alias} {}", known.name, version.as_deref().unwrap_or("?")),
        (Origin::Registry, version) => format!("{} {}", known.name, version.as_deref().unwrap_or("?")),
        (origin, _) => format!("{} {origin:?}", known.name),
    });
    shown.collect()
}

/// "runtime value", one each.
fn runtimes(facts: &ManifestFacts) -> Vec<String> {
    facts.versions.iter().map(|version| format!("{} {} {:?}", version.of, version.value, version.part)).collect()
}

#[test]
fn maven() {
    let text = r#"<?xml version="1.0"?>
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <parent>
            <groupId>com.shop</groupId><artifactId>all</artifactId><version>7</version>
          </parent>
          <artifactId>orders</artifactId>
          <properties>
            <java.version>21</java.version>
            <pg.major>42</pg.major>
            <pg.version>${pg.major}.7.4</pg.version>
            <loop>${loop}</loop>
          </properties>
          <modules><module>api</module><module>jobs</module></modules>
          <dependencyManagement><dependencies>
            <dependency>
              <groupId>com.bom</groupId><artifactId>bom</artifactId><version>1</version><scope>import</scope>
            </dependency>
            <dependency><groupId>com.x</groupId><artifactId>managed</artifactId><version>3</version></dependency>
          </dependencies></dependencyManagement>
          <dependencies>
            <dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>
              <version>${pg.version}</version><scope>runtime</scope></dependency>
            <dependency><groupId>com.x</groupId><artifactId>managed</artifactId></dependency>
            <dependency><groupId>com.x</groupId><artifactId>web</artifactId></dependency>
            <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId>
              <version>${project.version}</version></dependency>
            <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>${loop}</version>
              <scope>test</scope></dependency>
            <dependency><groupId>jakarta</groupId><artifactId>servlet</artifactId><version>6</version>
              <scope>provided</scope></dependency>
            <dependency><groupId>com.x</groupId><artifactId>extra</artifactId><version>1</version>
              <optional>true</optional></dependency>
          </dependencies>
          <build><plugins>
            <plugin><artifactId>maven-jar-plugin</artifactId><version>3.4</version></plugin>
          </plugins></build>
        </project>"#;
    let pom = facts("orders/pom.xml", text);
    assert!(pom.problems.is_empty(), "{:?}", pom.problems);
    assert_eq!(pom.name.as_deref(), Some("com.shop:orders"));
    assert_eq!(pom.members, ["api", "jobs"]);
    assert_eq!(versions(&pom.shared), ["com.shop:all 7", "com.bom:bom 1", "com.x:managed 3"]);
    let expected = [
        "org.postgresql:postgresql",
        "com.x:managed",
        "com.x:web",
        "com.shop:core",
        "junit:junit (dev)",
        "jakarta:servlet (peer)",
        "com.x:extra (optional)",
        "org.apache.maven.plugins:maven-jar-plugin (build)",
    ];
    assert_eq!(dependencies(&pom), expected);
    let expected = [
        "org.postgresql:postgresql 42.7.4",
        "com.x:managed @ 3",
        "com.x:web @ ?",
        "com.shop:core 7",
        "junit:junit ${loop}",
    ];
    assert_eq!(versions(&pom.dependencies)[..5], expected);
    assert_eq!(runtimes(&pom), ["java 21 Floor"]);
    let span = pom.dependencies[1].span;
    assert!(text[span.start as usize..span.end as usize].starts_with("<dependency><groupId>com.x"));
}

#[test]
fn gradle_in_groovy() {
    let text = "
        buildscript { dependencies { classpath 'com.x:plugin:1' } }
        plugins { id 'org.flywaydb.flyway' version '10.1'; id 'java' }
        apply plugin: 'application'
        ext { jooqVersion = '3.19' }
        sourceCompatibility = 1.8
        dependencyManagement { imports { mavenBom \"com.bom:bom:1\" } }
        dependencies {
            // implementation 'com.x:gone:1'
            implementation \"org.jooq:jooq:$jooqVersion\", 'com.x:second:2'
            implementation group: 'com.x', name: 'named', version: '3'
            implementation(platform('com.bom:other:1')) { exclude group: 'com.y', module: 'z' }
            if (project.hasProperty('fast')) { runtimeOnly('com.x:fast:1@jar') }
            compileOnly 'com.x:servlet:6'
            testImplementation(
                'junit:junit:4.13',
                project(':libs:testing'),
            )
            annotationProcessor 'com.x:generator:1'
            implementation files('libs/old:odd.jar')
        }
        tasks.named('test') { useJUnitPlatform() }";
    let build = facts("build.gradle", text);
    assert!(build.problems.is_empty(), "{:?}", build.problems);
    let expected = [
        "com.x:plugin (build)",
        "org.flywaydb.flyway (build)",
        "java (build)",
        "application (build)",
        "org.jooq:jooq",
        "com.x:second",
        "com.x:named",
        "com.x:fast",
        "com.x:servlet (peer)",
        "junit:junit (dev)",
        "libs/testing (dev)",
        "com.x:generator (build)",
    ];
    assert_eq!(dependencies(&build), expected);
    let rows = versions(&build.dependencies);
    assert_eq!(rows[1..2], ["org.flywaydb.flyway 10.1"]);
    assert_eq!(rows[4..8], ["org.jooq:jooq 3.19", "com.x:second 2", "com.x:named 3", "com.x:fast 1"]);
    assert_eq!(rows[10], "libs/testing Repository");
    assert_eq!(versions(&build.shared), ["com.bom:bom 1", "com.bom:other 1"]);
    assert_eq!(runtimes(&build), ["java 1.8 Floor"]);
}

#[test]
fn gradle_in_kotlin() {
    let text = r#"
        plugins {
            kotlin("jvm") version "2.0.0"
            alias(libs.plugins.spring.boot)
            `java-library`
        }
        java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }
        dependencies {
            implementation(libs.spring.boot.web)
            implementation(libs.bundles.db)
            api(projects.libs.orderTypes)
            testImplementation(kotlin("test"))
            "developmentOnly"("com.x:reload:1")
            constraints { implementation("com.x:pinned:9") }
        }"#;
    let build = facts("api/build.gradle.kts", text);
    let expected = [
        "org.jetbrains.kotlin.jvm 2.0.0",
        "plugins.spring.boot @plugins.spring.boot ?",
        "spring.boot.web @spring.boot.web ?",
        "bundles.db @bundles.db ?",
        "libs/order-types Repository",
        "org.jetbrains.kotlin:kotlin-test ?",
        "com.x:reload 1",
    ];
    assert_eq!(versions(&build.dependencies), expected);
    assert_eq!(versions(&build.shared), ["com.x:pinned 9"]);
    assert_eq!(runtimes(&build), ["java 21 Floor"]);

    let settings = "rootProject.name = \"shop\"\ninclude(\":api\", \":libs:db\")\nincludeBuild(\"../plugins\")\n";
    let settings = facts("settings.gradle.kts", settings);
    assert_eq!(settings.name.as_deref(), Some("shop"));
    assert_eq!(settings.members, ["api", "libs/db", "../plugins"]);

    let text = r#"
        [versions]
        boot = "3.4.1"
        pg = { strictly = "42.7" }
        [libraries]
        spring-boot_web = { module = "org.boot:web", version.ref = "boot" }
        pg = { group = "org.pg", name = "pg", version.ref = "pg" }
        plain = "com.x:plain:1"
        [bundles]
        db = ["pg", "plain"]
        [plugins]
        spring-boot = { id = "org.boot", version.ref = "boot" }
    "#;
    let expected = [
        "org.boot:web @spring.boot.web 3.4.1",
        "org.pg:pg @pg 42.7",
        "com.x:plain @plain 1",
        "org.pg:pg @bundles.db 42.7",
        "com.x:plain @bundles.db 1",
        "org.boot @plugins.spring.boot 3.4.1",
    ];
    assert_eq!(versions(&facts("gradle/libs.versions.toml", text).shared), expected);
}

#[test]
fn ruby() {
    let text = "source 'https://gems.example' # gem 'gone'
ruby '3.3.1'
gem 'rails', '~> 7.1', '>= 7.1.2',
    require: 'rails/all'
gem(\"pg\")
gem 'rspec', group: [:development, :test]
gem 'local', path: 'gems/local'
gem 'edge', github: 'x/edge', branch: 'main' if ENV['EDGE']
if ENV['CI']
  gem 'metrics', '1'
end
group :development, :test do
  gem 'rubocop'
end
group :production do
  gem 'puma', :require => false
end
eval_gemfile 'gems/shared.rb'
";
    let gems = facts("Gemfile", text);
    let expected =
        ["rails", "pg", "rspec (dev)", "local", "edge", "metrics", "rubocop (dev)", "puma"].map(str::to_owned);
    assert_eq!(dependencies(&gems), expected);
    let rows = versions(&gems.dependencies);
    assert_eq!(rows[0], "rails ~> 7.1, >= 7.1.2");
    assert_eq!(rows[3..6], ["local Repository", "edge Address", "metrics 1"]);
    assert_eq!(runtimes(&gems), ["ruby 3.3.1 Floor"]);
    assert_eq!(gems.includes[0].path, "gems/shared.rb");

    let text = "GEM\n  remote: https://gems.example/\n  specs:\n    nokogiri (1.16.0-x86_64-linux)\n      racc (~> 1.4)\n    \
                nokogiri (1.16.0-arm64-darwin)\n    racc (1.7.3)\n\nRUBY VERSION\n   ruby 3.3.1p55\n";
    let lock = facts("Gemfile.lock", text);
    let rows: Vec<String> = lock.locked.iter().map(|row| format!("{} {}", row.name, row.version)).collect();
    assert_eq!(rows, ["nokogiri 1.16.0", "racc 1.7.3"]);
    assert_eq!(runtimes(&lock), ["ruby 3.3.1p55 Development"]);
    let unfinished = facts("Gemfile.lock", "GEM\n<<<<<<< HEAD\n");
    assert_eq!(unfinished.problems.len(), 1);
}

#[test]
fn php() {
    let text = r#"{
        "name": "shop/api",
        "require": { "php": ">=8.2", "ext-redis": "*", "laravel/framework": "^11.0" },
        "require-dev": { "phpunit/phpunit": "^11" },
        "repositories": [{ "type": "path", "url": "packages/*" }, { "type": "vcs", "url": "https://example.com" }],
        "scripts": { "start": ["@build", "php artisan serve"], "build": "php build.php" }
    }"#;
    let composer = facts("composer.json", text);
    assert_eq!(composer.name.as_deref(), Some("shop/api"));
    assert_eq!(dependencies(&composer), ["ext-redis", "laravel/framework", "phpunit/phpunit (dev)"]);
    assert_eq!(runtimes(&composer), ["php >=8.2 Floor"]);
    assert_eq!(composer.members, ["packages/*"]);
    assert_eq!(composer.commands[0].line, "@build && php artisan serve");

    let text = r#"{ "content-hash": "1", "packages": [
        { "name": "a/kept", "version": "v2.1.0", "require": { "php": "^8" }, "abandoned": false },
        { "name": "a/left", "version": "1.0", "abandoned": true },
        { "name": "a/moved", "version": "1.0", "abandoned": "b/moved" } ],
        "packages-dev": [{ "name": "a/test", "version": "3" }] }"#;
    let lock = facts("composer.lock", text);
    assert!(lock.problems.is_empty(), "{:?}", lock.problems);
    let shown = lock.locked.iter().map(|row| {
        let place = &text[row.span.start as usize..row.span.end as usize];
        format!("{place} {} {}", row.version, row.deprecated.as_deref().unwrap_or("-"))
    });
    let expected = ["a/kept 2.1.0 -", "a/left 1.0 abandoned", "a/moved 1.0 abandoned, use b/moved", "a/test 3 -"];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    assert_eq!(facts("composer.lock", &format!("\u{feff}{text}")).locked.len(), 4);
}

#[test]
fn dotnet() {
    let text = r#"<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFrameworks>net8.0;netstandard2.0</TargetFrameworks><EfVersion>8.0.1</EfVersion></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Dapper" Version="2.1" />
    <PackageReference Include="Ef"><Version>$(EfVersion)</Version></PackageReference>
    <PackageReference Include="Analyzer" Version="1" PrivateAssets="All" />
    <PackageReference Include="Central" />
    <ProjectReference Include="..\Db\Db.csproj" />
    <Compile Include="x.cs" />
  </ItemGroup>
</Project>"#;
    let project = facts("src/Api/Api.csproj", text);
    assert_eq!(project.name.as_deref(), Some("Api"));
    let expected = ["Microsoft.NET.Sdk.Web", "Dapper", "Ef", "Analyzer (build)", "Central", "../Db/Db.csproj"];
    assert_eq!(dependencies(&project), expected);
    let rows = versions(&project.dependencies);
    assert_eq!(rows[2..], ["Ef 8.0.1", "Analyzer 1", "Central @ ?", "../Db/Db.csproj Repository"]);
    assert_eq!(runtimes(&project), ["dotnet 8.0 Floor", "dotnet netstandard2.0 Floor"]);

    let text = r#"<Project><ItemGroup><PackageVersion Include="Central" Version="4" /></ItemGroup></Project>"#;
    assert_eq!(versions(&facts("Directory.Packages.props", text).shared), ["Central 4"]);
    let text = r#"<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>
        <PackageReference Include="Microsoft.NET.Test.Sdk" Version="17" /><PackageReference Include="xunit" Version="2" />
        </ItemGroup></Project>"#;
    let expected = ["Microsoft.NET.Sdk (dev)", "Microsoft.NET.Test.Sdk (dev)", "xunit (dev)"];
    assert_eq!(dependencies(&facts("Tests.fsproj", text)), expected);
}

#[test]
fn broken_ones_are_problems() {
    let text = "<project>\n  <dépendances></dependencies>\n</project>";
    let broken = facts("pom.xml", text);
    assert_eq!(broken.problems.len(), 1);
    assert!(broken.problems[0].message.starts_with("not XML: "), "{}", broken.problems[0].message);
    let at = broken.problems[0].span.expect("it has a place").start as usize;
    assert!(text[at..].starts_with("</dependencies>"));

    let bomb = "<!DOCTYPE x [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><project>&b;</project>";
    let namespaces: String = (0..50_000).map(|n| format!("<a xmlns:n{n}=\"u{n}\">")).collect();
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    for text in [
        bomb.to_owned(),
        namespaces,
        format!("<project{attributes}/>"),
        "<a>".repeat(100_000),
        "<".to_owned(),
        "<project>&b;</project>".to_owned(),
    ] {
        for path in ["pom.xml", "a.csproj", "Directory.Packages.props"] {
            let problems = facts(path, &text).problems;
            assert_eq!(problems.len(), 1, "{path} {}", &text[..40.min(text.len())]);
            assert!(problems[0].span.is_some());
        }
    }
    for (path, text) in [
        ("composer.json", "{"),
        ("composer.lock", "{ \"packages\": [{ \"name\": 3 }] }"),
        ("composer.lock", "{ \"packages\": [\n"),
        ("libs.versions.toml", "[libraries"),
    ] {
        let problems = facts(path, text).problems;
        assert_eq!(problems.len(), 1, "{path}");
        assert!(problems[0].span.is_some_and(|span| span.end as usize <= text.len()), "{path}");
    }
}

/// Each of these takes long only for a reader that takes the square of it.
#[test]
fn hostile_ones_end() {
    let units = [
        "{",
        "(",
        "[",
        "a,\n",
        "a{",
        "a b,\n",
        "dependencies{",
        "if{",
        "id 'x' version '1';",
        "`",
        "\"",
        "'''",
        "/*",
        "libs.a.",
        "x.y.",
        "$a",
        "${",
        "jvmToolchain(1) ",
        "gem 'a', group: :b, ",
        "group ",
        "end ",
        "implementation(",
        "implementation 'a:b:1' ",
        "\\\"",
        "#",
        "=\n",
        "a.\n",
        "é",
    ];
    for unit in units {
        for (path, head) in [
            ("build.gradle", "dependencies {\n"),
            ("build.gradle.kts", "plugins {\n"),
            ("settings.gradle", "include ':a'\n"),
            ("Gemfile", "gem 'a'\n"),
            ("Gemfile.lock", "GEM\n"),
        ] {
            let text = format!("{head}{}", unit.repeat(100_000 / unit.len()));
            assert!(facts(path, &text).problems.is_empty(), "{path} {unit}");
        }
    }
    let properties = format!("<project><properties><a>${{b}}{0}</a><b>${{a}}{0}</b></properties>", "${a}".repeat(100));
    let dependency = "<dependency><groupId>${a}</groupId><artifactId>${b}</artifactId></dependency>".repeat(1_000);
    let text = format!("{properties}<dependencies>{dependency}</dependencies></project>");
    assert_eq!(facts("pom.xml", &text).dependencies.len(), 1_000);
}
