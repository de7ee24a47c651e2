package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.UserChange.PasswordChanged;
import dev.whippet.broker.internal.catalog.UserChange.PermissionsChanged;
import dev.whippet.broker.internal.catalog.UserChange.TokenCreated;
import dev.whippet.broker.internal.catalog.UserChange.TokenDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserCreated;
import dev.whippet.broker.internal.catalog.UserChange.UserDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserUpdated;
import dev.whippet.broker.internal.catalog.UserEntry.Token;
import dev.whippet.broker.internal.identity.AccessToken;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random changes of users against a model of plain maps, on a real journal that is compacted often,
 * with restarts in between: what was acknowledged is there, ids are used again as 6.1 says, serials
 * never are. The seed is fixed; {@code -Dwhippet.seed} and {@code -Dwhippet.rounds} explore.
 */
final class UserModelTest {

  private static final int STEPS = 400 * Integer.getInteger("whippet.rounds", 1);
  private static final int STEPS_BETWEEN_RESTARTS = 80;
  private static final Runnable NOTHING = () -> {};

  /** A user as the model knows it. */
  private static final class Person {
    long serial;
    String name;
    boolean active;
    byte[] password;
    Grants grants;
    final Map<String, Token> tokens = new TreeMap<>();
  }

  @TempDir Path directory;

  private final long seed = Long.getLong("whippet.seed", 20261122);
  private final Random random = new Random(seed);
  private final TreeMap<Integer, Person> model = new TreeMap<>();
  private final Deque<Integer> freed = new ArrayDeque<>();
  private final Set<Long> serials = new HashSet<>();
  private final List<Token> gone = new ArrayList<>();
  private int end;
  private JournaledCatalog subject;

  @Test
  void everyAcknowledgedChangeSurvivesRestarts() throws Exception {
    System.out.println("UserModelTest seed " + seed);
    Files.createDirectories(directory.resolve("catalog"));
    Files.createDirectories(directory.resolve("offsets"));
    subject = new JournaledCatalog(directory, random);

    for (int step = 1; step <= STEPS; step++) {
      change(random.nextInt(10));
      if (step % STEPS_BETWEEN_RESTARTS == 0) {
        compare();
        subject.close();
        subject = new JournaledCatalog(directory, random);
        compare();
      }
    }

    subject.close();
  }

  private void change(int kind) {
    Integer id = anybody();
    if (kind < 2 || id == null) {
      create();
      return;
    }
    Person person = model.get(id);
    switch (kind) {
      case 2 -> delete(id);
      case 3 -> {
        person.name = "n" + random.nextInt(1_000_000);
        person.active = random.nextBoolean();
        commit(new UserUpdated(id, person.name, person.active));
      }
      case 4 -> {
        PasswordHash hash = hash();
        person.password = hash.encoded();
        commit(new PasswordChanged(id, hash));
      }
      case 5, 6 -> {
        Grants grants = random.nextInt(4) == 0 ? null : grants();
        person.grants = grants;
        commit(new PermissionsChanged(id, grants));
      }
      case 7 -> deleteStream(random.nextInt(4));
      case 8 -> createToken(id, person);
      default -> deleteToken(id, person);
    }
  }

  private void create() {
    Person person = new Person();
    person.name = "u" + random.nextInt(1_000_000);
    person.active = random.nextBoolean();
    PasswordHash hash = hash();
    person.password = hash.encoded();
    Grants grants = random.nextBoolean() ? grants() : null;
    person.grants = grants;
    UserCreated change =
        subject.onLoop(
            () ->
                subject
                    .catalog
                    .latest()
                    .users()
                    .newUser(person.name, person.active, hash, grants, 7));
    person.serial = change.serial();
    assertThat(serials.add(change.serial())).as("never again").isTrue();
    assertThat(change.id()).isEqualTo(freed.isEmpty() ? end++ : freed.pop());
    model.put(change.id(), person);
    commit(change);
  }

  private void delete(int id) {
    gone.addAll(model.remove(id).tokens.values());
    freed.push(id);
    commit(new UserDeleted(id));
  }

  /** Streams come and go with the same few ids. */
  private void deleteStream(int stream) {
    CatalogState latest = subject.onLoop(subject.catalog::latest);
    while (latest.streams().get(stream) == null) {
      commit(latest.newStream("s" + random.nextInt(1_000_000), 1));
      latest = subject.onLoop(subject.catalog::latest);
    }
    commit(new StreamDeleted(stream));
    for (Person person : model.values()) {
      if (person.grants != null) {
        person.grants = person.grants.ending(stream);
      }
    }
  }

  private void createToken(int id, Person person) {
    byte[] hash = new byte[AccessToken.HASH_BYTES];
    random.nextBytes(hash);
    hash[0] = (byte) random.nextInt(2); // buckets with several
    hash[1] = 0;
    Token token = new Token("t" + random.nextInt(1_000_000), hash, random.nextInt(3));
    person.tokens.put(token.name(), token);
    commit(new TokenCreated(id, token));
  }

  private void deleteToken(int id, Person person) {
    if (!person.tokens.isEmpty()) {
      List<String> names = new ArrayList<>(person.tokens.keySet());
      String name = names.get(random.nextInt(names.size()));
      gone.add(person.tokens.remove(name));
      commit(new TokenDeleted(id, name));
    }
  }

  private void commit(CatalogChange change) {
    subject.<Void>complete(done -> subject.catalog.commit(change, NOTHING, done));
  }

  private Integer anybody() {
    List<Integer> ids = new ArrayList<>(model.keySet());
    return ids.isEmpty() ? null : ids.get(random.nextInt(ids.size()));
  }

  /** Bytes of a hash, without the work of one. */
  private PasswordHash hash() {
    byte[] noise = new byte[48];
    random.nextBytes(noise);
    ByteBuffer out = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 1).putInt(64).putInt(1).put((byte) 1);
    out.put((byte) 16).put(noise, 0, 16).put((byte) 32).put(noise, 16, 32);
    return PasswordHash.decoded(out.array());
  }

  private Grants grants() {
    int streams = random.nextInt(3);
    ByteBuffer out = ByteBuffer.allocate(1_000).order(ByteOrder.LITTLE_ENDIAN);
    flags(out, 10);
    for (int i = 0; i < streams; i++) {
      out.put((byte) 1).putInt(random.nextInt(4));
      flags(out, 6);
      for (int topics = random.nextInt(3); topics > 0; topics--) {
        out.put((byte) 1).putInt(random.nextInt(3));
        flags(out, 4);
      }
      out.put((byte) 0);
    }
    out.put((byte) 0);
    byte[] block = new byte[out.position()];
    out.flip().get(block);
    return Grants.decoded(block);
  }

  private void flags(ByteBuffer out, int count) {
    for (int i = 0; i < count; i++) {
      out.put((byte) random.nextInt(2));
    }
  }

  private void compare() {
    assertThat(subject.findings).isEmpty();
    assertThat(subject.damage).isEmpty();
    UserDirectory users = subject.catalog.visible().users();
    assertThat(users.users().all())
        .extracting(UserEntry::id)
        .containsExactlyElementsOf(model.keySet());
    assertThat(users.users().nextId()).isEqualTo(freed.isEmpty() ? end : freed.peek());
    int tokens = 0;
    int entries = 0;
    for (UserEntry user : users.users().all()) {
      Person person = model.get(user.id());
      assertThat(user.name()).isEqualTo(person.name);
      assertThat(user.active()).isEqualTo(person.active);
      assertThat(user.password().encoded()).isEqualTo(person.password);
      assertThat(user.grants()).isEqualTo(person.grants);
      assertThat(users.find(user.id(), person.serial)).isSameAs(user);
      assertThat(users.find(user.id(), person.serial + 1)).isNull();
      compareTokens(users, user, person);
      tokens += person.tokens.size();
      entries += user.grants() == null ? 0 : user.grants().entries();
    }
    assertThat(users.tokens()).isEqualTo(tokens);
    assertThat(users.grantEntries()).isEqualTo(entries);
    gone.forEach(token -> assertThat(users.token(token.hash())).isNull());
  }

  private static void compareTokens(UserDirectory users, UserEntry user, Person person) {
    assertThat(user.tokens()).hasSize(person.tokens.size());
    for (Token token : person.tokens.values()) {
      assertThat(users.byToken(token.hash())).isSameAs(user);
      assertThat(users.token(token.hash()).expiresAtMicros()).isEqualTo(token.expiresAtMicros());
      assertThat(user.token(token.name()).hash()).isEqualTo(token.hash());
    }
  }

  @Test
  void entriesOfTheJournalTellNothingAndCutOnesAreRefused() {
    Token token = new Token("name", new byte[AccessToken.HASH_BYTES], 5);
    UserCreated created = new UserCreated(3, 9, 1, "someone", true, hash(), Grants.ALL);

    for (UserChange change :
        List.of(created, new PasswordChanged(3, hash()), new TokenCreated(3, token))) {
      byte[] entry = CatalogEntry.encode(change);
      assertThat(change.toString()).doesNotContain("[B@");
      for (int length = 1; length < entry.length; length++) {
        byte[] cut = Arrays.copyOf(entry, length);
        assertThatThrownBy(() -> CatalogEntry.decode(cut, any -> {}, (any, other) -> {}))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
    assertThat(created.toString()).contains("someone").contains("(hidden)");
  }
}
