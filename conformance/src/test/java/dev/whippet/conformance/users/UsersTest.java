package dev.whippet.conformance.users;

import static dev.whippet.conformance.users.Caller.fields;
import static dev.whippet.conformance.users.Caller.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.BrokerException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Users, tokens and logins beyond the transcripts: restarts, ids that are used again, hazards of a
 * stock server, storms, secrets.
 */
class UsersTest {
  @TempDir Path directory;

  private Broker broker;
  private InetSocketAddress address;
  private Caller root;

  @BeforeEach
  void start() throws Exception {
    open("iggy");
  }

  @AfterEach
  void stop() throws Exception {
    root.close();
    broker.close();
  }

  private void open(String rootPassword) throws BrokerException, IOException {
    broker = settings().rootPassword(rootPassword).start();
    address = broker.addresses().get(0);
    root = Caller.login(address, "iggy", "iggy");
  }

  private BrokerConfig.Builder settings() {
    return Broker.builder().listen("127.0.0.1:0").dataDirectory(directory).loops(2);
  }

  @Test
  void everythingOfUsersSurvivesARestart() throws Exception {
    root.createUser("one", "first-one");
    root.createUser("two", "secret-two");
    root.createUser("three", "secret-3");
    root.ok(34, user("two"));
    root.ok(37, user("one").put("current_password", "first-one").put("new_password", "second"));
    ObjectNode inactive = user("three").put("status", 2);
    root.ok(35, inactive.put("username", "drei"));
    String token = root.createToken("ci-1", 0);
    JsonNode before = root.ok(31, user("drei"));

    root.close();
    broker.close();
    open("iggy");

    assertThat(root.ok(31, user("drei"))).isEqualTo(before);
    assertThat(root.ok(32, fields()).get("users")).hasSize(3);
    try (Caller caller = Caller.connect(address)) {
      assertThat(caller.loginStatus("one", "first-one")).isEqualTo(42);
      assertThat(caller.loginStatus("one", "second")).isZero();
      assertThat(caller.loginStatus("two", "secret-two")).isEqualTo(42);
      assertThat(caller.loginStatus("drei", "secret-3")).isEqualTo(47);
      assertThat(caller.tokenStatus(token)).isZero();
    }
    assertThat(root.createUser("four", "secret-4")).as("the freed id").isEqualTo(2);
  }

  @Test
  void rootsPasswordIsTheFirstStartsUntilItIsResetAndARandomOneIsToldOnce() throws Exception {
    root.ok(37, user("iggy").put("current_password", "iggy").put("new_password", "changed"));
    root.close();
    broker.close();

    broker = settings().rootPassword("iggy").start();
    address = broker.addresses().get(0);
    assertThat(broker.generatedRootPassword()).isEmpty();
    try (Caller caller = Caller.connect(address)) {
      assertThat(caller.loginStatus("iggy", "iggy")).isEqualTo(42);
      assertThat(caller.loginStatus("iggy", "changed")).isZero();
    }
    broker.close();
    broker = settings().resetRoot(true).start();
    address = broker.addresses().get(0);
    String made = broker.generatedRootPassword().orElseThrow();
    root = Caller.login(address, "iggy", made);
    broker.close();
    broker = settings().start();
    address = broker.addresses().get(0);
    assertThat(broker.generatedRootPassword()).isEmpty();
    root = Caller.login(address, "iggy", made);
  }

  @Test
  void nameOfDigitsIsANameAndNotRoot() {
    assertThat(root.loginStatus("000", "iggy")).isEqualTo(42);
    root.createUser("000", "secret");
    assertThat(root.loginStatus("000", "secret")).isZero();
    assertThat(root.ok(20, fields()).get("user_id").intValue()).isEqualTo(1);
  }

  @Test
  void connectionOfADeletedUserIsNobodyAlsoWhenItsIdIsUsedAgain() throws Exception {
    int id = root.createUser("old", "secret");
    grantAll("old");
    try (Caller old = Caller.login(address, "old", "secret")) {
      old.ok(201, fields());
      root.ok(34, user("old"));
      assertThat(root.createUser("new", "secret")).isEqualTo(id);
      grantAll("new");

      assertThat(old.status(1, fields())).isZero();
      assertThat(old.status(201, fields())).isEqualTo(41);
      assertThat(old.status(41, fields())).isEqualTo(20);
      assertThat(old.status(42, fields().put("name", "mine").put("expiry", 0))).isEqualTo(20);
      JsonNode clients = root.ok(22, fields()).get("clients");
      assertThat(clients).hasSize(1);
      assertThat(old.status(20, fields())).isEqualTo(100);
      assertThat(old.closedWithin(10_000)).isTrue();
    }
  }

  @Test
  void aStormOfLoginsOfOneUserIsAnsweredAndOthersAreServedMeanwhile() throws Exception {
    root.createUser("device", "secret");
    root.close();
    broker.close();
    open("iggy");
    List<Caller> devices = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      devices.add(Caller.connect(address));
    }
    List<Thread> logins = new ArrayList<>();
    List<Integer> refused = Collections.synchronizedList(new ArrayList<>());
    for (Caller device : devices) {
      Thread login =
          new Thread(
              () -> {
                int status = device.loginStatus("device", "secret");
                if (status != 0) {
                  refused.add(status);
                }
              });
      login.start();
      logins.add(login);
    }

    for (int i = 0; i < 50; i++) {
      root.ok(201, fields());
    }
    for (Thread login : logins) {
      login.join(120_000);
    }
    assertThat(refused).isEmpty();
    for (Caller device : devices) {
      device.close();
    }
  }

  @Test
  void nothingSecretIsLoggedOrStored() throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    String token;
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      root.createUser("someone", "pass-phrase-one");
      root.ok(
          37,
          user("someone")
              .put("current_password", "pass-phrase-one")
              .put("new_password", "pass-phrase-two"));
      token = root.createToken("ci-1", 0);
      assertThat(root.loginStatus("someone", "pass-phrase-bad")).isEqualTo(42);
      broker.close();
    } finally {
      System.setErr(before);
    }

    List<String> secrets = List.of("pass-phrase-one", "pass-phrase-two", "pass-phrase-bad", token);
    assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain(secrets);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .describedAs("%s", file)
            .doesNotContain(secrets);
      }
    }
  }

  private void grantAll(String name) {
    ObjectNode fields = user(name);
    ObjectNode permissions = fields.putObject("permissions");
    ObjectNode global = permissions.putObject("global");
    PermissionTable.GLOBAL.forEach(flag -> global.put(flag, true));
    permissions.putArray("streams");
    root.ok(36, fields);
  }
}
