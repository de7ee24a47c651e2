package dev.whippet.conformance.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which package may know which (docs/ARCHITECTURE.md). A new package is entered here first. */
class DependencyRulesTest {
  private static final String SDK = "dev.whippet";
  private static final String BROKER = "dev.whippet.broker";

  /** Package to the packages of ours that it may use. */
  private static final Map<String, Set<String>> SDK_ARROWS =
      Map.ofEntries(
          Map.entry(
              SDK,
              Set.of(
                  "session", "call", "check", "outbox", "segment", "disk", "wire", "link", "tls")),
          Map.entry(
              "session", Set.of("call", "outbox", "segment", "wire", "link", "tls", "websocket")),
          Map.entry("call", Set.of("wire", "link")),
          Map.entry("check", Set.of()),
          Map.entry("link", Set.of("websocket", "tls")),
          Map.entry("tls", Set.of()),
          Map.entry("outbox", Set.of("segment", "disk")),
          Map.entry("segment", Set.of("disk")),
          Map.entry("disk", Set.of()),
          Map.entry("wire", Set.of()),
          Map.entry("websocket", Set.of()));

  private static final Map<String, Set<String>> BROKER_ARROWS =
      Map.ofEntries(
          Map.entry("net.pulse", Set.of()),
          Map.entry("net.event", Set.of()),
          Map.entry("tls", Set.of("system")),
          Map.entry(
              "net",
              Set.of(
                  "net.pulse",
                  "net.event",
                  "tls",
                  "system",
                  "websocket",
                  "wire",
                  "command",
                  "file",
                  "sdk wire",
                  "sdk websocket")),
          Map.entry("http.exchange", Set.of("command", "sdk wire")),
          Map.entry("http.token", Set.of("command", "file", "log.engine", "log.journal")),
          Map.entry(
              "http.route",
              Set.of("http.exchange", "http.token", "command", "wire", "log.engine", "sdk wire")),
          Map.entry(
              "http",
              Set.of("http.exchange", "http.token", "command", "net", "net.event", "sdk wire")),
          Map.entry("wire", Set.of("command", "sdk wire")),
          Map.entry("websocket", Set.of("sdk websocket")),
          Map.entry("command", Set.of()),
          Map.entry("command.group", Set.of("command", "catalog", "log.engine")),
          Map.entry(
              "command.exchange",
              Set.of(
                  "command",
                  "command.group",
                  "catalog",
                  "identity",
                  "log",
                  "log.engine",
                  "log.retain",
                  "log.space",
                  "sdk wire")),
          Map.entry(
              "command.family",
              Set.of(
                  "command",
                  "command.exchange",
                  "command.group",
                  "catalog",
                  "identity",
                  "log",
                  "log.engine",
                  "log.format",
                  "system",
                  "sdk wire")),
          Map.entry("catalog", Set.of("identity", "log.engine", "log.journal", "file", "sdk wire")),
          Map.entry("identity", Set.of()),
          Map.entry("system", Set.of()),
          Map.entry(
              "inspect",
              Set.of("catalog", "log", "log.engine", "log.format", "log.commit", "file")),
          Map.entry("log", Set.of("log.engine", "log.format", "log.retain", "log.space", "file")),
          Map.entry("log.retain", Set.of("log.space")),
          Map.entry("log.space", Set.of()),
          Map.entry("log.engine", Set.of("log.format", "log.space", "file")),
          Map.entry("log.commit", Set.of("log.engine", "log.format", "file")),
          Map.entry("log.format", Set.of("file")),
          Map.entry("log.journal", Set.of("log.engine", "log.format", "file")),
          Map.entry("file", Set.of()),
          // The load side uses the SDK's halves and public API, and nothing of the broker's
          Map.entry(
              "bench",
              Set.of(
                  "system",
                  "bench.box",
                  "bench.client",
                  "bench.hostile",
                  "bench.load",
                  "bench.measure",
                  "bench.report",
                  "bench.result",
                  "bench.compare",
                  "bench.engine",
                  "bench.surface",
                  "bench.limits")),
          Map.entry(
              "bench.engine",
              Set.of(
                  "bench.limits",
                  "bench.measure",
                  "bench.result",
                  "file",
                  "log",
                  "log.commit",
                  "log.engine",
                  "net")),
          Map.entry("bench.client", Set.of("sdk wire", "sdk websocket")),
          Map.entry(
              "bench.box",
              Set.of(
                  "bench.measure",
                  "bench.report",
                  "bench.result",
                  "sdk outbox",
                  "sdk segment",
                  "sdk disk",
                  "sdk " + SDK)),
          Map.entry("bench.measure", Set.of()),
          Map.entry(
              "bench.load",
              Set.of("bench.client", "bench.measure", "bench.result", "sdk wire", "sdk " + SDK)),
          Map.entry(
              "bench.hostile",
              Set.of("bench.client", "bench.load", "bench.measure", "bench.result", "sdk wire")),
          Map.entry("bench.result", Set.of("bench.measure")),
          Map.entry("bench.report", Set.of("bench.result", "bench.measure")),
          Map.entry(
              "bench.compare",
              Set.of("bench.client", "bench.load", "bench.measure", "bench.result")),
          Map.entry(
              "bench.surface",
              Set.of("bench.client", "bench.compare", "bench.measure", "bench.result", "sdk wire")),
          Map.entry(
              "bench.limits",
              Set.of("bench.measure", "file", "net", "websocket", "sdk wire", "sdk websocket")));

  /** Codecs, logs and files throw or report; they never write to a logger. */
  private static final Set<String> SILENT =
      Set.of(
          SDK + ".internal.wire",
          SDK + ".internal.websocket",
          SDK + ".internal.outbox",
          SDK + ".internal.segment",
          SDK + ".internal.disk",
          BROKER + ".internal.identity",
          BROKER + ".internal.wire",
          BROKER + ".internal.websocket",
          BROKER + ".internal.log",
          BROKER + ".internal.log.commit",
          BROKER + ".internal.log.engine",
          BROKER + ".internal.log.format",
          BROKER + ".internal.log.journal",
          BROKER + ".internal.log.retain",
          BROKER + ".internal.log.space",
          BROKER + ".internal.file");

  private static final JavaClasses CLASSES =
      new ClassFileImporter().withImportOption(DependencyRulesTest::isProduct).importPackages(SDK);

  @Test
  void sdkPackagesKnowOnlyWhatTheyMay() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!isBroker(type)) {
        Set<String> allowed = SDK_ARROWS.get(shortName(type));
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          checkArrow(dependency, allowed, wrong);
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void brokerPackagesKnowOnlyWhatTheyMay() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (isBroker(type) && type.getPackageName().contains(".internal")) {
        Set<String> allowed = BROKER_ARROWS.get(shortName(type));
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          checkArrow(dependency, allowed, wrong);
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("dev.whippet.(internal.*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
    SlicesRuleDefinition.slices()
        .matching("dev.whippet.broker.(internal.*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void codecsLogsAndFilesNeverLog() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (SILENT.contains(type.getPackageName())) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          String target = dependency.getTargetClass().getPackageName();
          if (target.startsWith("org.slf4j") || target.startsWith("java.util.logging")) {
            wrong.add(dependency.getDescription());
          }
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void oneClassOfTheSdkAsksForTheTime() {
    Set<String> askers = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!isBroker(type)) {
        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
          String name = access.getTarget().getName();
          boolean clock =
              access.getTargetOwner().isEquivalentTo(System.class)
                  && (name.equals("nanoTime") || name.equals("currentTimeMillis"));
          if (clock) {
            askers.add(type.getName());
          }
        }
      }
    }

    assertThat(askers).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void sdkHasNoMutableStatics() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!isBroker(type)) {
        for (JavaField field : type.getFields()) {
          Set<JavaModifier> modifiers = field.getModifiers();
          boolean mutable =
              !modifiers.contains(JavaModifier.FINAL) || isMutable(field.getRawType());
          boolean ours = !modifiers.contains(JavaModifier.SYNTHETIC);
          if (modifiers.contains(JavaModifier.STATIC) && mutable && ours) {
            wrong.add(field.getFullName());
          }
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void sdkUsesNoReflection() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      if (!isBroker(type)) {
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          String target = dependency.getTargetClass().getName();
          if (target.startsWith("java.lang.reflect.") || target.startsWith("java.lang.invoke.")) {
            wrong.add(dependency.getDescription());
          }
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  private static void checkArrow(Dependency dependency, Set<String> allowed, Set<String> wrong) {
    JavaClass origin = dependency.getOriginClass();
    JavaClass target = dependency.getTargetClass().getBaseComponentType();
    if (!target.getPackageName().startsWith(SDK)
        || target.getPackageName().equals(origin.getPackageName())) {
      return;
    }
    String name = shortName(target);
    if (isBroker(origin) && !isBroker(target)) {
      name = "sdk " + name;
    }
    if (allowed == null) {
      wrong.add("the package " + origin.getPackageName() + " is not in the table");
    } else if (!allowed.contains(name)) {
      wrong.add(dependency.getDescription());
    }
  }

  /** Static data that somebody could change: collections, atomics, builders, locals of threads. */
  private static boolean isMutable(JavaClass type) {
    return type.getPackageName().startsWith("java.util.concurrent.atomic")
        || type.isEquivalentTo(ThreadLocal.class)
        || type.isEquivalentTo(StringBuilder.class)
        || type.isAssignableTo(java.util.Random.class)
        || type.getSimpleName().startsWith("ArrayList")
        || type.getSimpleName().startsWith("HashMap");
  }

  private static boolean isBroker(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(BROKER) || name.startsWith(BROKER + ".");
  }

  /** {@code wire} of {@code dev.whippet.internal.wire}; the package itself when it is public. */
  private static String shortName(JavaClass type) {
    String name = type.getPackageName();
    int internal = name.indexOf(".internal.");
    return internal < 0 ? name : name.substring(internal + ".internal.".length());
  }

  private static boolean isProduct(Location location) {
    return !location.contains("test-classes")
        && !location.contains("testkit")
        && !location.contains("/conformance/")
        && !location.contains("/samples/");
  }
}
