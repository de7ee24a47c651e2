package dev.whippet.conformance.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Old devices can load every class of the SDK. */
class BytecodeTest {
  private static final int JAVA_8 = 52;
  private static final int MAGIC = 0xCAFEBABE;

  @Test
  void everyClassOfTheSdkIsJava8() throws IOException {
    Path classes = Sources.root().resolve("sdk-java/target/classes");
    Set<String> wrong = new TreeSet<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(classes)) {
      files = walk.filter(file -> file.toString().endsWith(".class")).toList();
    }
    for (Path file : files) {
      if (!file.endsWith("module-info.class")) {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
          boolean isClass = in.readInt() == MAGIC;
          in.readUnsignedShort();
          int major = in.readUnsignedShort();
          if (!isClass || major != JAVA_8) {
            wrong.add(classes.relativize(file) + ": " + major);
          }
        }
      }
    }

    assertThat(files).isNotEmpty();
    assertThat(wrong).isEmpty();
  }
}
