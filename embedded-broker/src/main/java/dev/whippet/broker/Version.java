package dev.whippet.broker;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Which Whippet this is. */
public final class Version {

  private static final String POM = "/META-INF/maven/dev.whippet/whippet-broker/pom.properties";

  private Version() {}

  /**
   * The version as released, such as {@code 0.1.0}.
   *
   * @return {@code development} when the classes are not from a jar
   */
  public static String text() {
    String fromManifest = Version.class.getPackage().getImplementationVersion();
    return fromManifest == null ? fromPom() : fromManifest;
  }

  private static String fromPom() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(POM)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException unreadable) {
      // the jar is damaged elsewhere if so: the version is the least of it
    }
    return properties.getProperty("version", "development");
  }
}
