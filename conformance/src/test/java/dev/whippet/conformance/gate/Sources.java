package dev.whippet.conformance.gate;

import com.github.javaparser.JavaParser;
import com.github.javaparser.JavaToken;
import com.github.javaparser.ParseResult;
import com.github.javaparser.ParserConfiguration;
import com.github.javaparser.ast.CompilationUnit;
import com.github.javaparser.ast.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;

/** Every Java source of the project, parsed once. */
final class Sources {
  private static final List<String> MODULES =
      List.of("sdk-java", "embedded-broker", "samples", "conformance");

  /** One file; {@code test} when it is not shipped. */
  record Source(String module, boolean test, Path path, List<String> lines, CompilationUnit unit) {
    String packageName() {
      return unit.getPackageDeclaration().map(p -> p.getNameAsString()).orElse("");
    }

    @Override
    public String toString() {
      return root().relativize(path).toString();
    }
  }

  private Sources() {}

  /** The directory that holds the modules. */
  static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("sdk-java/pom.xml"))) {
      directory = directory.getParent();
    }
    return directory;
  }

  static List<Source> all() throws IOException {
    ParserConfiguration configuration = new ParserConfiguration();
    configuration.setLanguageLevel(ParserConfiguration.LanguageLevel.JAVA_17);
    configuration.setAttributeComments(false);
    JavaParser parser = new JavaParser(configuration);
    List<Source> sources = new ArrayList<>();
    for (String module : MODULES) {
      for (String half : List.of("main", "test")) {
        Path directory = root().resolve(module).resolve("src").resolve(half).resolve("java");
        if (Files.isDirectory(directory)) {
          try (Stream<Path> files = Files.walk(directory)) {
            files
                .filter(Sources::isSource)
                .sorted()
                .forEach(file -> sources.add(parse(parser, module, half.equals("test"), file)));
          }
        }
      }
    }
    return sources;
  }

  /** Lines that hold more than comments. */
  static int codeLines(Node node) {
    BitSet lines = new BitSet();
    for (JavaToken token : node.getTokenRange().orElseThrow()) {
      if (!token.getCategory().isWhitespaceOrComment()) {
        token.getRange().ifPresent(range -> lines.set(range.begin.line, range.end.line + 1));
      }
    }
    return lines.cardinality();
  }

  private static boolean isSource(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".java") && !name.endsWith("-info.java");
  }

  private static Source parse(JavaParser parser, String module, boolean test, Path file) {
    try {
      ParseResult<CompilationUnit> result = parser.parse(file);
      CompilationUnit unit =
          result
              .getResult()
              .filter(parsed -> result.isSuccessful())
              .orElseThrow(() -> new AssertionError(file + ": " + result.getProblems()));
      return new Source(module, test, file, Files.readAllLines(file), unit);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
