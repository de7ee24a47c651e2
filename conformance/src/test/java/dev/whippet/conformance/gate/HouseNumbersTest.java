package dev.whippet.conformance.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.javaparser.ast.Modifier;
import com.github.javaparser.ast.Node;
import com.github.javaparser.ast.body.CallableDeclaration;
import com.github.javaparser.ast.body.ClassOrInterfaceDeclaration;
import com.github.javaparser.ast.body.ConstructorDeclaration;
import com.github.javaparser.ast.body.TypeDeclaration;
import com.github.javaparser.ast.expr.MethodCallExpr;
import dev.whippet.conformance.gate.Sources.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Our style in numbers (CONTRIBUTING.md). The numbers of today are printed at the end. */
class HouseNumbersTest {
  private static final int TYPE_LINES_MAX = 500;
  private static final int METHOD_LINES_MAX = 60;
  private static final int LINE_COLUMNS_MAX = 100;
  private static final int CONSTRUCTOR_PARAMETERS_MAX = 6;
  private static final int PACKAGE_TYPES_MAX = 20;
  private static final double HIDDEN_SHARE_MIN = 0.75;
  private static final double FINAL_SHARE_MIN = 0.80;
  private static final double INTERFACE_SHARE_MAX = 0.15;
  private static final int SDK_PUBLIC_TYPES_MAX = 20;
  private static final int BROKER_PUBLIC_TYPES_MAX = 10;
  private static final int README_LINES_MAX = 120;
  private static final int README_FIRST_CODE_LINE_MAX = 30;

  /** Types that may be longer, each with a sentence why. Three at most. */
  private static final Map<String, String> LONG_TYPES = Map.of();

  private static final Map<String, String> NUMBERS = new TreeMap<>();
  private static List<Source> sources;

  @BeforeAll
  static void parse() throws IOException {
    sources = Sources.all();
  }

  @AfterAll
  static void printNumbers() {
    NUMBERS.forEach((rule, number) -> System.out.println("house number: " + rule + " = " + number));
  }

  @Test
  void noTypeIsTooLong() {
    List<String> tooLong = new ArrayList<>();
    int longest = 0;
    for (Source source : sources) {
      for (TypeDeclaration<?> type : source.unit().getTypes()) {
        int lines = Sources.codeLines(type);
        longest = Math.max(longest, lines);
        if (lines > TYPE_LINES_MAX && !LONG_TYPES.containsKey(type.getNameAsString())) {
          tooLong.add(source + ": " + lines + " code lines");
        }
      }
    }
    NUMBERS.put("code lines of the longest type", longest + " (max " + TYPE_LINES_MAX + ")");

    assertThat(tooLong).isEmpty();
    assertThat(LONG_TYPES).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void noMethodIsTooLong() {
    List<String> tooLong = new ArrayList<>();
    int longest = 0;
    for (Source source : sources) {
      for (CallableDeclaration<?> method : callables(source)) {
        int lines = Sources.codeLines(method);
        longest = Math.max(longest, lines);
        if (lines > METHOD_LINES_MAX) {
          tooLong.add(source + " " + method.getNameAsString() + ": " + lines + " code lines");
        }
      }
    }
    NUMBERS.put("code lines of the longest method", longest + " (max " + METHOD_LINES_MAX + ")");

    assertThat(tooLong).isEmpty();
  }

  @Test
  void noLineIsTooWide() {
    List<String> tooWide = new ArrayList<>();
    for (Source source : sources) {
      for (int i = 0; i < source.lines().size(); i++) {
        String line = source.lines().get(i);
        if (line.length() > LINE_COLUMNS_MAX && !line.startsWith("import ")) {
          tooWide.add(source + ":" + (i + 1) + ": " + line.length() + " columns");
        }
      }
    }

    assertThat(tooWide).isEmpty();
  }

  @Test
  void noConstructorTakesTooMuch() {
    List<String> tooMany = new ArrayList<>();
    for (Source source : main()) {
      for (ConstructorDeclaration constructor :
          source.unit().findAll(ConstructorDeclaration.class)) {
        if (constructor.getParameters().size() > CONSTRUCTOR_PARAMETERS_MAX) {
          tooMany.add(source + ": " + constructor.getDeclarationAsString(false, false));
        }
      }
    }

    assertThat(tooMany).isEmpty();
  }

  @Test
  void noPackageHoldsTooManyTypes() {
    Map<String, Integer> counts = new TreeMap<>();
    for (Source source : sources) {
      String where = source.module() + (source.test() ? " test " : " ") + source.packageName();
      counts.merge(where, source.unit().getTypes().size(), Integer::sum);
    }
    NUMBERS.put(
        "types in the largest package",
        counts.values().stream().max(Integer::compare).orElseThrow()
            + " (max "
            + PACKAGE_TYPES_MAX
            + ")");
    counts.values().removeIf(count -> count <= PACKAGE_TYPES_MAX);

    assertThat(counts).isEmpty();
  }

  @Test
  void mostTypesAreHidden() {
    Predicate<TypeDeclaration<?>> hidden =
        type -> !type.isPublic() || packageOf(type).contains(".internal");

    assertThat(share("hidden types", hidden, products())).isGreaterThanOrEqualTo(HIDDEN_SHARE_MIN);
  }

  @Test
  void mostTypesAreFinal() {
    List<TypeDeclaration<?>> classes =
        products().stream().filter(type -> !isInterface(type)).toList();
    Predicate<TypeDeclaration<?>> closed =
        type ->
            type.isEnumDeclaration()
                || type.isRecordDeclaration()
                || type.hasModifier(Modifier.Keyword.FINAL)
                || type.hasModifier(Modifier.Keyword.SEALED);

    assertThat(share("final classes", closed, classes)).isGreaterThanOrEqualTo(FINAL_SHARE_MIN);
  }

  @Test
  void interfacesAreFew() {
    Predicate<TypeDeclaration<?>> open =
        type -> isInterface(type) && !type.hasModifier(Modifier.Keyword.SEALED);

    assertThat(share("interfaces", open, products())).isLessThanOrEqualTo(INTERFACE_SHARE_MAX);
  }

  @Test
  void noInterfaceHasOneImplementationOnly() {
    Map<String, Integer> implementations = Interfaces.implementations(sources);
    List<String> lonely = new ArrayList<>();
    for (Source source : main()) {
      for (ClassOrInterfaceDeclaration type :
          source.unit().findAll(ClassOrInterfaceDeclaration.class)) {
        boolean ours = source.packageName().contains(".internal");
        if (ours && Interfaces.needsTwoImplementations(type)) {
          int count = implementations.getOrDefault(type.getNameAsString(), 0);
          if (count < 2) {
            lonely.add(source + " " + type.getNameAsString() + ": " + count + " implementations");
          }
        }
      }
    }

    assertThat(lonely).isEmpty();
  }

  @Test
  void noTestSleepsOrMocks() {
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      if (source.test()) {
        source.unit().findAll(MethodCallExpr.class, HouseNumbersTest::sleeps).stream()
            .map(call -> source + ":" + call.getBegin().orElseThrow().line + ": " + call)
            .forEach(found::add);
        source.unit().getImports().stream()
            .filter(name -> name.getNameAsString().contains("mockito"))
            .map(name -> source + ": " + name)
            .forEach(found::add);
      }
    }

    assertThat(found).isEmpty();
  }

  @Test
  void publicTypesAreFew() {
    long sdk = publicTypes("sdk-java");
    long broker = publicTypes("embedded-broker");
    NUMBERS.put("public types of the sdk", sdk + " (max " + SDK_PUBLIC_TYPES_MAX + ")");
    NUMBERS.put("public types of the broker", broker + " (max " + BROKER_PUBLIC_TYPES_MAX + ")");

    assertThat(sdk).isLessThanOrEqualTo(SDK_PUBLIC_TYPES_MAX);
    assertThat(broker).isLessThanOrEqualTo(BROKER_PUBLIC_TYPES_MAX);
  }

  @Test
  void readmeIsShortAndShowsCodeEarly() throws IOException {
    Path readme = Sources.root().resolve("README.md");
    if (!Files.exists(readme)) {
      return;
    }
    List<String> lines = Files.readAllLines(readme);
    int firstCode = 0;
    while (firstCode < lines.size() && !lines.get(firstCode).startsWith("```")) {
      firstCode++;
    }
    NUMBERS.put("lines of the README", lines.size() + " (max " + README_LINES_MAX + ")");

    assertThat(lines).hasSizeLessThanOrEqualTo(README_LINES_MAX);
    assertThat(firstCode + 1).isLessThan(README_FIRST_CODE_LINE_MAX);
  }

  private static List<Source> main() {
    return sources.stream().filter(source -> !source.test()).toList();
  }

  /** Top-level types of what is shipped. */
  private static List<TypeDeclaration<?>> products() {
    List<TypeDeclaration<?>> types = new ArrayList<>();
    for (Source source : main()) {
      if (!source.module().equals("samples")) {
        types.addAll(source.unit().getTypes());
      }
    }
    return types;
  }

  private static long publicTypes(String module) {
    return main().stream()
        .filter(source -> source.module().equals(module))
        .filter(source -> !source.packageName().contains(".internal"))
        .flatMap(source -> source.unit().getTypes().stream())
        .filter(TypeDeclaration::isPublic)
        .count();
  }

  private static double share(
      String rule, Predicate<TypeDeclaration<?>> predicate, List<TypeDeclaration<?>> types) {
    double share = (double) types.stream().filter(predicate).count() / Math.max(1, types.size());
    NUMBERS.put("share of " + rule, Math.round(share * 100) + " % of " + types.size());
    return share;
  }

  private static List<CallableDeclaration<?>> callables(Source source) {
    List<CallableDeclaration<?>> callables = new ArrayList<>();
    for (Node node : (Iterable<Node>) walk(source.unit())::iterator) {
      if (node instanceof CallableDeclaration<?> callable) {
        callables.add(callable);
      }
    }
    return callables;
  }

  private static Stream<Node> walk(Node node) {
    return Stream.concat(
        Stream.of(node), node.getChildNodes().stream().flatMap(HouseNumbersTest::walk));
  }

  private static boolean isInterface(TypeDeclaration<?> type) {
    return type instanceof ClassOrInterfaceDeclaration declaration && declaration.isInterface()
        || type.isAnnotationDeclaration();
  }

  private static boolean sleeps(MethodCallExpr call) {
    String scope = call.getScope().map(Object::toString).orElse("");
    return call.getNameAsString().equals("sleep")
        && (scope.equals("Thread") || scope.contains("TimeUnit") || scope.endsWith("SECONDS"));
  }

  private static String packageOf(TypeDeclaration<?> type) {
    return type.findCompilationUnit()
        .flatMap(unit -> unit.getPackageDeclaration())
        .map(declaration -> declaration.getNameAsString())
        .orElse("");
  }
}
