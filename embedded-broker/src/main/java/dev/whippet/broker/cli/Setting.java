package dev.whippet.broker.cli;

import dev.whippet.broker.BrokerConfig.Builder;
import dev.whippet.broker.BrokerConfig.ClientCertificates;
import dev.whippet.broker.BrokerConfig.Durability;
import dev.whippet.broker.BrokerConfig.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * Every setting of {@code serve}: its name in the configuration file (with {@code --} in front the
 * flag), the environment variables that give it, and what it does. {@code WHIPPET_} and the name
 * comes first; the others are Apache Iggy's own, where they mean the same.
 *
 * <p>Actions throw {@link IllegalArgumentException} that names the setting, the value and what it
 * may be.
 */
enum Setting {
  LISTEN(
      list("listen", "HOST:PORT", "127.0.0.1:8090, and 127.0.0.1:8092 and 127.0.0.1:3000 if free")
          .variables("IGGY_TCP_ADDRESS", "IGGY_WEBSOCKET_ADDRESS", "IGGY_HTTP_ADDRESS")
          .says(
              "Address for every protocol alike; replaces the default ones. Port 0 takes a free"
                  + " one; tls:// or tcp:// in front says whether it speaks TLS, whatever --tls"
                  + " says."),
      (builder, value) -> Values.each(value, builder::listen)),
  DATA(
      one("data", "DIR", "whippet-data")
          .variables("IGGY_SYSTEM_PATH")
          .says("Data directory, made when missing."),
      (builder, value) -> builder.dataDirectory(Values.path(value))),
  LOOPS(
      one("loops", "N", "one for each CPU").says("Event loops, 1 to 64."),
      (builder, value) -> builder.loops(Values.whole("loops", value, "1 to 64"))),
  TRANSPORT(
      one("transport", "NAME", "auto").says("auto, io_uring, epoll or nio."),
      (builder, value) ->
          builder.transport(
              Values.label("transport", value, Transport.values(), Transport::label))),
  SEGMENT_SIZE(
      one("segment-size", "SIZE", "64MiB")
          .variables("IGGY_SYSTEM_SEGMENT_SIZE")
          .says("Length of log files, 1MiB to 1GiB."),
      (builder, value) -> builder.segmentBytes(Values.bytes("segment size", value))),
  DURABILITY(
      list("durability", "LEVEL", "power")
          .says(
              "What a reply means: power (survives a power cut), interval (a power cut may lose the"
                  + " last --sync-interval), process (survives kill -9 only). STREAM/TOPIC=LEVEL,"
                  + " with * for any characters, is for some topics."),
      (builder, value) -> Values.each(value, rule -> durability(builder, rule))),
  SYNC_INTERVAL(
      one("sync-interval", "TIME", "1s").says("For the durability level interval."),
      (builder, value) -> builder.syncIntervalMillis(Values.millis("sync interval", value))),
  COMMIT_DELAY(
      one("commit-delay", "TIME", "0")
          .says(
              "How long a small message waits for others to share its durable write: 0 (at once),"
                  + " or a time, or flash (20ms): less wear where messages trickle in."),
      (builder, value) ->
          builder.commitDelayMillis(
              value.equals("flash") ? 20 : Values.millis("commit delay", value))),
  TOPIC_EXPIRY(
      one("topic-expiry", "TIME", "never")
          .variables("IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY")
          .says("Message expiry of topics made with the server's default; a time, never or none."),
      (builder, value) -> {
        if (!value.equals("never") && !value.equals("none")) {
          builder.topicExpiryMillis(Values.millis("topic expiry", value));
        }
      }),
  TOPIC_SIZE(
      one("topic-size", "SIZE", "unlimited")
          .variables("IGGY_SYSTEM_TOPIC_MAX_SIZE")
          .says("Maximum size of topics made with the server's default; a size or unlimited."),
      (builder, value) -> {
        if (!value.equals("unlimited")) {
          builder.topicBytes(Values.bytes("topic size", value));
        }
      }),
  RETENTION_SIZE(
      one("retention-size", "SIZE", "50%")
          .says("Above it the oldest messages of all go; a size or N%% of the disk."),
      (builder, value) -> {
        if (value.endsWith("%")) {
          builder.retentionPercent(Values.percent("retention size", value));
        } else {
          builder.retentionBytes(Values.bytes("retention size", value));
        }
      }),
  DISK_FREE(
      one("disk-free", "SIZE", "5%, at most 2GiB")
          .says(
              "Stays free: the oldest messages go, then sends are refused; a size or N%% of the"
                  + " disk."),
      (builder, value) -> {
        if (value.endsWith("%")) {
          builder.diskFreePercent(Values.percent("disk free", value));
        } else {
          builder.diskFreeBytes(Values.bytes("disk free", value));
        }
      }),
  CONSUMER_PROTECTION(
      one("consumer-protection", "TIME", "7d")
          .says(
              "Age up to which messages that a consumer has not read outlast their topic's"
                  + " limits."),
      (builder, value) ->
          builder.consumerProtectionMillis(Values.millis("consumer protection", value))),
  GROUP_REBALANCE(
      one("group-rebalance-timeout", "TIME", "30s")
          .variables("IGGY_CONSUMER_GROUP_REBALANCING_TIMEOUT")
          .says(
              "How long a consumer group's partition that is promised to another member waits for"
                  + " a commit."),
      (builder, value) -> builder.rebalanceMillis(Values.millis("group rebalance timeout", value))),
  MEMBER_TIMEOUT(
      one("member-timeout", "TIME", "20s")
          .says("A member of a consumer group that vanished without a word is gone after that."),
      (builder, value) -> builder.memberTimeoutMillis(Values.millis("member timeout", value))),
  ALLOW_ORIGIN(
      list("allow-origin", "ORIGIN", "")
          .says(
              "Pages of this origin may open WebSockets, too (scheme://host[:port], null or *);"
                  + " without, only pages of the host they connect to."),
      (builder, value) -> Values.each(value, builder::allowOrigin)),
  WEBSOCKET_PROTOCOL(
      list("websocket-protocol", "NAME", "")
          .says("Sub-protocol that WebSocket clients may ask for."),
      (builder, value) -> Values.each(value, builder::subProtocol)),
  WEBSOCKET_COMPRESSION(
      one("websocket-compression", "ON|OFF", "off")
          .says("Whether offers of permessage-deflate are taken up."),
      (builder, value) ->
          builder.webSocketCompression(Values.onOff("websocket compression", value))),
  WEBSOCKET_FRAGMENT(
      one("websocket-fragment", "SIZE", "256KiB")
          .says("Longer WebSocket replies leave in frames of this size."),
      (builder, value) ->
          builder.webSocketFragmentBytes(Values.bytes("websocket fragment", value))),
  ROOT_USERNAME(
      one("root-username", "NAME", "iggy")
          .variables("IGGY_ROOT_USERNAME")
          .says("Name of the root user, when it is made: at the first start."),
      Builder::rootUsername),
  ROOT_PASSWORD_FILE(
      one("root-password-file", "FILE", "")
          .says("File whose text is root's password at the first start."),
      (builder, value) -> builder.rootPassword(Values.text("root password file", value))),
  /** No flag: other users of the machine see a process's command line. */
  ROOT_PASSWORD(
      one("root-password", "TEXT", "").variables("IGGY_ROOT_PASSWORD").secret(),
      Builder::rootPassword),
  WITH_DEFAULT_ROOT_CREDENTIALS(
      one("with-default-root-credentials", "ON|OFF", "off")
          .says("Root is iggy with password iggy: for development only."),
      (builder, value) -> {
        if (Values.onOff("with-default-root-credentials", value)) {
          builder.rootPassword("iggy");
        }
      }),
  RESET_ROOT(
      one("reset-root", "ON|OFF", "off")
          .says("Gives root of an existing data directory the name and password anew, once."),
      (builder, value) -> builder.resetRoot(Values.onOff("reset-root", value))),
  TLS(
      one("tls", "ON|OFF", "off")
          .variables("IGGY_TCP_TLS_ENABLED")
          .says("Whether addresses speak TLS that do not say it themselves."),
      (builder, value) -> builder.tls(Values.onOff("tls", value))),
  TLS_CERT_FILE(
      one("tls-cert-file", "FILE", "")
          .variables("IGGY_TCP_TLS_CERT_FILE")
          .says("The server's certificate with its chain, PEM; loaded anew when it changes."),
      (builder, value) -> builder.tlsCertificate(Values.path(value))),
  TLS_KEY_FILE(
      one("tls-key-file", "FILE", "")
          .variables("IGGY_TCP_TLS_KEY_FILE")
          .says("The certificate's key, PEM, PKCS#8 without a password."),
      (builder, value) -> builder.tlsKey(Values.path(value))),
  TLS_SELF_SIGNED(
      one("tls-self-signed", "ON|OFF", "off")
          .variables("IGGY_TCP_TLS_SELF_SIGNED")
          .says(
              "Without files: a certificate for development, DATA/tls/certificate.pem, which"
                  + " clients have to trust."),
      (builder, value) -> builder.tlsSelfSigned(Values.onOff("tls self-signed", value))),
  TLS_CLIENT_CERTIFICATES(
      one("tls-client-certificates", "CHOICE", "none").says("none, optional or required."),
      (builder, value) ->
          builder.tlsClientCertificates(
              Values.label(
                  "client certificates",
                  value,
                  ClientCertificates.values(),
                  ClientCertificates::label))),
  TLS_CLIENT_CA_FILE(
      one("tls-client-ca-file", "FILE", "").says("Who may have issued them, PEM."),
      (builder, value) -> builder.tlsClientAuthorities(Values.path(value))),
  HTTP(
      one("http", "ON|OFF", "on")
          .variables("IGGY_HTTP_ENABLED")
          .says("Whether HTTP is served: the API, /metrics and /health."),
      (builder, value) -> builder.http(Values.onOff("http", value))),
  HTTP_BODY_MAX(
      one("http-body-max", "SIZE", "2MB")
          .variables("IGGY_HTTP_MAX_REQUEST_SIZE")
          .says("The longest body of a request, 8KiB to 64MiB."),
      (builder, value) -> builder.httpBodyBytesMax(Values.bytes("http body", value))),
  HTTP_ORIGIN(
      list("http-origin", "ORIGIN", "*")
          .variables("IGGY_HTTP_CORS_ALLOWED_ORIGINS")
          .says("Pages of this origin may call (scheme://host[:port], *, or none)."),
      (builder, value) -> Values.each(value, builder::httpOrigin)),
  JWT_EXPIRY(
      one("jwt-expiry", "TIME", "1h")
          .variables("IGGY_HTTP_JWT_ACCESS_TOKEN_EXPIRY")
          .says("How long a token of HTTP is good for, 1s to 30d."),
      (builder, value) -> builder.jwtMillis(Values.millis("jwt expiry", value))),
  CONNECTIONS_MAX(
      one("connections-max", "N", "20000").says("Open connections; more are closed at once."),
      (builder, value) ->
          builder.connectionsMax(Values.whole("connections", value, "1 to 1000000"))),
  CONNECTIONS_PER_ADDRESS_MAX(
      one("connections-per-address-max", "N", "as many as of all")
          .says("Open connections of one IP address; more are closed at once."),
      (builder, value) ->
          builder.connectionsPerAddressMax(
              Values.whole("connections per address", value, "1 to 1000000"))),
  LOOP_MEMORY(
      one("loop-memory", "SIZE", "8GiB")
          .says(
              "Memory of a loop for what is in flight and for readers, 16MiB to 64GiB; less when"
                  + " all loops could take five eighths of the direct memory."),
      (builder, value) -> builder.loopMemoryBytes(Values.bytes("loop memory", value))),
  STOP_GRACE(
      one("stop-grace", "TIME", "5s")
          .says("How long requests under way may take when the broker is told to stop."),
      (builder, value) -> builder.stopGraceMillis(Values.millis("stop grace", value)));

  private final Names names;
  private final BiConsumer<Builder, String> action;

  Setting(Names names, BiConsumer<Builder, String> action) {
    this.names = names;
    this.action = action;
  }

  /** Its name in the configuration file. */
  String key() {
    return names.key;
  }

  /** What stands for its value in the list of flags. */
  String label() {
    return names.label;
  }

  /** What holds without it, in words or as one would write it; empty for nothing. */
  String defaultText() {
    return names.defaultText;
  }

  /** What {@code --help} says. */
  String description() {
    return names.description;
  }

  /** False for what may not stand on a command line. */
  boolean isFlag() {
    return !names.secret;
  }

  /** True for what is never shown. */
  boolean isSecret() {
    return names.secret;
  }

  /** True when it is on or off, and on when only named. */
  boolean isSwitch() {
    return names.label.equals("ON|OFF");
  }

  /** True for several values, separated by commas: arrays in the file, repeatable as a flag. */
  boolean isList() {
    return names.list;
  }

  /** {@code WHIPPET_LOOPS} of {@code loops}. */
  String variable() {
    return "WHIPPET_" + names.key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** Apache Iggy's variables that mean the same; those of a list count together. */
  List<String> iggyVariables() {
    return names.variables;
  }

  /** Sets it. */
  void apply(Builder builder, String value) {
    action.accept(builder, value);
  }

  private static void durability(Builder builder, String rule) {
    int equals = rule.indexOf('=');
    Durability level =
        Values.label(
            "durability",
            rule.substring(equals + 1).strip(),
            Durability.values(),
            Durability::label);
    if (equals < 0) {
      builder.durability(level);
    } else {
      builder.durability(rule.substring(0, equals).strip(), level);
    }
  }

  private static Names one(String key, String label, String defaultText) {
    return new Names(key, label, defaultText, false);
  }

  private static Names list(String key, String label, String defaultText) {
    return new Names(key, label, defaultText, true);
  }

  /** The words of one setting. */
  private static final class Names {
    private final String key;
    private final String label;
    private final String defaultText;
    private final boolean list;
    private final List<String> variables = new ArrayList<>();
    private String description = "";
    private boolean secret;

    Names(String key, String label, String defaultText, boolean list) {
      this.key = key;
      this.label = label;
      this.defaultText = defaultText;
      this.list = list;
    }

    Names variables(String... names) {
      variables.addAll(List.of(names));
      return this;
    }

    Names says(String text) {
      description = text;
      return this;
    }

    Names secret() {
      secret = true;
      return this;
    }
  }
}
