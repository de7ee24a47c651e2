package dev.whippet.conformance.users;

import static dev.whippet.conformance.users.Caller.fields;
import static dev.whippet.conformance.users.Caller.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every command against every permission: each flag alone, none at all, and (over TCP) random sets
 * of them, on the topic that the grants name, on another one of the same stream, and in another
 * stream; over TCP, WebSocket and, where there is a route, HTTP. What is expected is worked out
 * from the page's table; "allowed" is any answer but 40 and 41. The seed is fixed; {@code
 * -Dwhippet.seed} and {@code -Dwhippet.rounds} explore.
 */
class PermissionMatrixTest {
  private static final int UNAUTHENTICATED = 40;
  private static final int UNAUTHORIZED = 41;
  private static final int FEATURE_UNAVAILABLE = 5;
  private static final int RANDOM_SETS = 8 * Integer.getInteger("whippet.rounds", 1);
  private static final Set<Integer> DESTRUCTIVE = Set.of(203, 303, 603);
  private static final Place GRANTED = new Place("pm-a", "t");
  private static final List<Place> PLACES =
      List.of(GRANTED, new Place("pm-a", "t2"), new Place("pm-b", "t"));

  private record Place(String stream, String topic) {}

  /** A way in for the user whose permissions are tried. */
  private interface Door {
    /** The status; {@link HttpCaller#NOTHING} where there is no such request. */
    int status(int code, Place place);
  }

  private static final PermissionTable TABLE = new PermissionTable();
  private static BrokerUnderTest broker;
  private static Caller root;
  private static int streamId;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerUnderTest.start();
    root = Caller.login(broker.address(), "iggy", "iggy");
    root.createUser("pm-victim", "secret");
    root.createUser("pm-user", "secret");
    prepare();
  }

  @AfterAll
  static void stop() throws Exception {
    root.close();
    broker.close();
  }

  @Test
  void everyCommandAsksForItsClassAndForNothingElse() throws IOException {
    overTheWire(WireTransport.TCP, RANDOM_SETS);
  }

  @Test
  void theSameOverWebSocket() throws IOException {
    overTheWire(WireTransport.WS, 0);
  }

  @Test
  void theSameOverHttp() throws Exception {
    HttpCaller member =
        new HttpCaller("http://127.0.0.1:" + broker.address().getPort(), "pm-user", "secret");
    all("HTTP", 0, (code, place) -> member.status(code, place.stream(), place.topic()));
  }

  private static void overTheWire(WireTransport transport, int randomSets) throws IOException {
    try (Caller member = Caller.login(transport, broker.address(), "pm-user", "secret")) {
      all(
          transport.label(),
          randomSets,
          (code, place) -> member.status(code, request(code, place)));
    }
  }

  private static void all(String name, int randomSets, Door door) {
    long seed = Long.getLong("whippet.seed", 31);
    System.out.println("permission matrix over " + name + ", seed " + seed);
    Set<Integer> built = built();
    int checks = 0;
    for (Set<String> granted : sets(new Random(seed), randomSets)) {
      grant(granted);
      for (Place place : PLACES) {
        for (int code : built) {
          if (code >= 100 || place.equals(GRANTED)) { // the others have no place
            checks += check(door, code, place, granted) ? 1 : 0;
          }
        }
      }
    }
    System.out.println("permission matrix: " + checks + " checks, " + built.size() + " commands");
  }

  /** Codes that root's own request does not answer with "unavailable"; deletions come last. */
  private static Set<Integer> built() {
    Set<Integer> built =
        new TreeSet<>(
            (a, b) -> {
              int order = Boolean.compare(DESTRUCTIVE.contains(a), DESTRUCTIVE.contains(b));
              return order != 0 ? order : Integer.compare(a, b);
            });
    for (int code : TABLE.codes()) {
      if (root.status(code, request(code, GRANTED)) != FEATURE_UNAVAILABLE) {
        built.add(code);
      }
      if (DESTRUCTIVE.contains(code)) {
        prepare();
      }
    }
    assertThat(built).hasSizeGreaterThan(30);
    return built;
  }

  private static List<Set<String>> sets(Random random, int randomSets) {
    List<String> all = new ArrayList<>();
    PermissionTable.GLOBAL.forEach(flag -> all.add("G." + flag));
    PermissionTable.STREAM.forEach(flag -> all.add("S." + flag));
    PermissionTable.TOPIC.forEach(flag -> all.add("T." + flag));
    List<Set<String>> sets = new ArrayList<>();
    sets.add(null);
    sets.add(Set.of());
    all.forEach(flag -> sets.add(Set.of(flag)));
    for (int i = 0; i < randomSets; i++) {
      Set<String> some = new HashSet<>();
      for (int left = 2 + random.nextInt(3); left > 0; left--) {
        some.add(all.get(random.nextInt(all.size())));
      }
      sets.add(some);
    }
    return sets;
  }

  private static boolean check(Door door, int code, Place place, Set<String> granted) {
    boolean expected = TABLE.allows(code, at(place, granted));

    int status = door.status(code, place);

    if (status == HttpCaller.NOTHING) {
      return false;
    }
    assertThat(status)
        .describedAs("code %d at %s with %s", code, place, granted)
        .isNotEqualTo(UNAUTHENTICATED);
    assertThat(status != UNAUTHORIZED)
        .describedAs("code %d at %s with %s: status %d", code, place, granted, status)
        .isEqualTo(expected);
    if (status == 0 && DESTRUCTIVE.contains(code)) {
      prepare();
      grant(granted);
    }
    return true;
  }

  /** The flags that count at a place. */
  private static Set<String> at(Place place, Set<String> granted) {
    Set<String> counting = new HashSet<>(granted == null ? Set.of() : granted);
    if (!place.equals(GRANTED)) {
      counting.removeIf(flag -> flag.startsWith("T."));
    }
    if (!place.stream().equals(GRANTED.stream())) {
      counting.removeIf(flag -> flag.startsWith("S."));
    }
    return counting;
  }

  private static void grant(Set<String> granted) {
    ObjectNode fields = user("pm-user");
    if (granted == null) {
      fields.putNull("permissions");
    } else {
      ObjectNode permissions = fields.putObject("permissions");
      put(permissions.putObject("global"), "G.", PermissionTable.GLOBAL, granted);
      ObjectNode stream = permissions.putArray("streams").addObject();
      stream.put("stream_id", streamId);
      put(stream, "S.", PermissionTable.STREAM, granted);
      ObjectNode topic = stream.putArray("topics").addObject();
      topic.put("topic_id", 0);
      put(topic, "T.", PermissionTable.TOPIC, granted);
    }
    root.ok(36, fields);
  }

  private static void put(ObjectNode out, String scope, List<String> flags, Set<String> granted) {
    flags.forEach(flag -> out.put(flag, granted.contains(scope + flag)));
  }

  /** Both streams anew with their topics, one message and a group in each. */
  private static void prepare() {
    for (String stream : List.of("pm-a", "pm-b")) {
      root.status(203, in(new Place(stream, "")));
      int id = root.ok(202, fields().put("name", stream)).get("id").intValue();
      streamId = stream.equals("pm-a") ? id : streamId;
    }
    for (Place place : PLACES) {
      root.ok(302, request(302, place));
      root.ok(101, request(101, place));
      root.status(602, request(602, place));
    }
  }

  private static ObjectNode request(int code, Place place) {
    return switch (code) {
      case 1, 10, 12, 20, 22, 32, 41, 201 -> fields();
      case 11 -> {
        ObjectNode snapshot = fields().put("compression", 1);
        snapshot.putArray("snapshot_types").add(4);
        yield snapshot;
      }
      case 21 -> fields().put("client_id", 1);
      case 31 -> user("pm-victim");
      case 33 ->
          fields()
              .put("username", "pm-victim")
              .put("password", "secret")
              .put("status", 1)
              .putNull("permissions");
      case 34 -> user("nobody-here");
      case 35 -> {
        ObjectNode update = user("pm-victim");
        yield update.putNull("username").putNull("status");
      }
      case 36 -> user("pm-victim").putNull("permissions");
      case 37 -> user("pm-victim").put("current_password", "secret").put("new_password", "secret");
      case 43 -> fields().put("name", "no-such-token");
      case 202 -> fields().put("name", place.stream());
      case 204 -> in(place).put("name", place.stream());
      case 100, 101, 102, 120, 121, 122 -> messages(code, place);
      default -> topics(code, place);
    };
  }

  private static ObjectNode messages(int code, Place place) {
    ObjectNode fields = of(place);
    fields.put("partition_id", 0);
    if (code == 101) {
      fields.putObject("partitioning").put("kind", "partition_id").put("value", 0);
      ArrayNode messages = fields.putArray("messages");
      ObjectNode message = messages.addObject().put("id", "1").put("origin_timestamp", 1);
      message.put("payload_hex", "61").putArray("user_headers");
      return fields;
    }
    ObjectNode consumer = fields.putObject("consumer").put("kind", "consumer");
    consumer.putObject("id").put("kind", "numeric").put("value", 7);
    fields.putObject("strategy").put("kind", "first").put("value", 0);
    return fields.put("count", 1).put("auto_commit", false).put("offset", 0).put("fsync", false);
  }

  private static ObjectNode topics(int code, Place place) {
    ObjectNode fields = of(place);
    fields.putObject("group_id").put("kind", "string").put("value", "g");
    fields
        .put("partitions_count", 1)
        .put("compression_algorithm", 1)
        .put("message_expiry", 0)
        .put("max_topic_size", 0)
        .put("replication_factor", 0)
        .put("partition_id", 0)
        .put("segments_count", 1);
    return fields.put("name", code == 602 ? "g" : place.topic());
  }

  private static ObjectNode in(Place place) {
    ObjectNode fields = fields();
    fields.putObject("stream_id").put("kind", "string").put("value", place.stream());
    return fields;
  }

  private static ObjectNode of(Place place) {
    ObjectNode fields = in(place);
    fields.putObject("topic_id").put("kind", "string").put("value", place.topic());
    return fields;
  }
}
