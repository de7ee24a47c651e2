package dev.whippet.testkit;

import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import okio.Buffer;

/**
 * What a server of the classic wire is to a client: topics that hold messages, stored offsets, and,
 * for a Whippet broker, the rule of whippet-extension.md 3.2. In memory, one lock, no speed.
 *
 * <p>Answers are written as {@code u32} status, {@code u32} length, payload.
 */
final class PeerModel {
  private final Map<String, List<List<ScriptedPeer.Stored>>> topics = new TreeMap<>();
  private final Map<String, Long> producers = new HashMap<>();
  private final Map<String, Long> offsets = new HashMap<>();
  private final boolean whippet;
  byte[] brokerId = new byte[16];
  int epochMin;
  long incarnation = 1;
  int requestBytesMax = 1 << 26;
  int publishesMax = 8;
  String password = "secret";

  PeerModel(boolean whippet) {
    this.whippet = whippet;
    brokerId[0] = 1;
  }

  /** What belongs to one connection. */
  static final class Login {
    boolean loggedIn;
    boolean helloSaid;
    String producer = "";
  }

  synchronized void topic(String name, int partitions) {
    List<List<ScriptedPeer.Stored>> logs = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      logs.add(new ArrayList<>());
    }
    topics.put(name, logs);
  }

  synchronized void addPartitions(String name, int count) {
    for (int i = 0; i < count; i++) {
      topics.get(name).add(new ArrayList<>());
    }
  }

  synchronized void deleteTopic(String name) {
    topics.remove(name);
    producers.keySet().removeIf(key -> key.startsWith(name + "#"));
    incarnation++;
  }

  synchronized void forgetProducers() {
    producers.clear();
  }

  /** Overwrites what it knows of every producer: a lost tail, or an older outbox's broker. */
  synchronized void setHighest(long sequence) {
    producers.replaceAll((key, old) -> sequence);
  }

  synchronized List<ScriptedPeer.Stored> log(String name, int partition) {
    List<List<ScriptedPeer.Stored>> logs = topics.get(name);
    return logs == null ? new ArrayList<>() : new ArrayList<>(logs.get(partition));
  }

  synchronized Long offset(String key) {
    return offsets.get(key);
  }

  /** Does a request and writes its answer. */
  synchronized void answer(int code, Buffer in, Login login, Buffer out) throws IOException {
    Buffer payload = new Buffer();
    int status = act(code, in, login, payload);
    out.writeIntLe(status).writeIntLe(status == 0 ? (int) payload.size() : 0);
    if (status == 0) {
      out.write(payload, payload.size());
    }
  }

  private int act(int code, Buffer in, Login login, Buffer out) throws IOException {
    if (code == Command.PING) {
      return 0;
    }
    if (code == Command.LOGIN_USER) {
      name(in);
      login.loggedIn = name(in).equals(password);
      out.writeIntLe(1);
      return login.loggedIn ? 0 : Status.INVALID_CREDENTIALS;
    }
    if (!login.loggedIn) {
      return Status.UNAUTHENTICATED;
    }
    switch (code) {
      case Command.HELLO:
        return whippet ? hello(in, login, out) : Status.INVALID_COMMAND;
      case Command.PUBLISH:
        return whippet ? publish(in, login, out) : Status.INVALID_COMMAND;
      case Command.PRODUCER_STATE:
        return whippet ? producerState(in, login, out) : Status.INVALID_COMMAND;
      case Command.SEND_MESSAGES:
        return send(in);
      case Command.GET_TOPIC:
        topic(ident(in) + "/" + ident(in), out);
        return 0;
      case Command.CREATE_STREAM:
        return Status.STREAM_NAME_ALREADY_EXISTS;
      case Command.CREATE_TOPIC:
        return createTopic(in, out);
      case Command.POLL_MESSAGES:
        return poll(in, out);
      case Command.STORE_CONSUMER_OFFSET:
        return storeOffset(in);
      default:
        return Status.FEATURE_UNAVAILABLE;
    }
  }

  private int hello(Buffer in, Login login, Buffer out) throws IOException {
    if (login.helloSaid) {
      return Status.INVALID_COMMAND;
    }
    login.helloSaid = true;
    in.skip(12);
    login.producer = in.readByteString(16).hex();
    if (in.readIntLe() < epochMin) {
      return Status.FENCED;
    }
    out.writeShortLe(1).writeShortLe(0).writeLongLe(1).write(brokerId);
    out.writeIntLe(requestBytesMax).writeIntLe(publishesMax).writeIntLe(1 << 20).writeIntLe(0);
    return 0;
  }

  private int publish(Buffer in, Login login, Buffer out) throws IOException {
    String topic = ident(in) + "/" + ident(in);
    int partition = in.readIntLe();
    int channel = in.readShortLe();
    in.skip(2);
    final long previous = in.readLongLe();
    long first = in.readLongLe();
    int count = in.readIntLe();
    if (topics.get(topic) == null) {
      return Status.TOPIC_NOT_FOUND;
    }
    if (partition >= topics.get(topic).size()) {
      return Status.PARTITION_NOT_FOUND;
    }
    List<ScriptedPeer.Stored> log = topics.get(topic).get(partition);
    String key = topic + "#" + partition + "#" + channel + "#" + login.producer;
    long highest = producers.getOrDefault(key, 0L);
    List<ScriptedPeer.Stored> fresh = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ScriptedPeer.Stored record = record(in, first + i);
      if (first + i > highest) {
        fresh.add(record);
      }
    }
    if (fresh.size() == count && previous != highest) {
      return Status.OUT_OF_SEQUENCE;
    }
    long base = log.size();
    log.addAll(fresh);
    highest = Math.max(highest, first + count - 1);
    producers.put(key, highest);
    out.writeByte(fresh.isEmpty() ? 1 : fresh.size() < count ? 2 : 0);
    out.writeByte(0).writeShortLe(0).writeIntLe(partition);
    out.writeLongLe(fresh.isEmpty() ? -1 : base).writeLongLe(highest);
    return 0;
  }

  private int producerState(Buffer in, Login login, Buffer out) throws IOException {
    String topic = ident(in) + "/" + ident(in);
    int partition = in.readIntLe();
    String key = topic + "#" + partition + "#" + in.readShortLe() + "#" + login.producer;
    if (topics.get(topic) == null) {
      return Status.TOPIC_NOT_FOUND;
    }
    Long highest = producers.get(key);
    out.writeByte(highest == null ? 0 : 1).writeLongLe(incarnation);
    out.writeLongLe(highest == null ? 0 : highest);
    return 0;
  }

  private int send(Buffer in) throws IOException {
    in.skip(4);
    String topic = ident(in) + "/" + ident(in);
    int kind = in.readByte();
    int length = in.readByte();
    int partition = kind == 2 ? in.readIntLe() : 0;
    if (kind != 2) {
      in.skip(length);
    }
    int count = in.readIntLe();
    in.skip(16L * count);
    if (topics.get(topic) == null) {
      return Status.TOPIC_NOT_FOUND;
    }
    if (partition >= topics.get(topic).size()) {
      return Status.PARTITION_NOT_FOUND;
    }
    for (int i = 0; i < count; i++) {
      topics.get(topic).get(partition).add(record(in, 0));
    }
    return 0;
  }

  private static ScriptedPeer.Stored record(Buffer in, long sequence) throws IOException {
    in.skip(8);
    String id = in.readByteString(16).hex();
    in.skip(16);
    long origin = in.readLongLe();
    int headers = in.readIntLe();
    int payload = in.readIntLe();
    in.skip(8);
    byte[] bytes = in.readByteArray(payload);
    return new ScriptedPeer.Stored(sequence, id, origin, bytes, in.readByteArray(headers));
  }

  private int createTopic(Buffer in, Buffer out) throws IOException {
    String stream = ident(in);
    int partitions = in.readIntLe();
    in.skip(18);
    String topic = stream + "/" + name(in);
    if (topics.containsKey(topic)) {
      return Status.TOPIC_NAME_ALREADY_EXISTS;
    }
    topic(topic, partitions);
    topic(topic, out);
    return 0;
  }

  private void topic(String name, Buffer out) {
    List<List<ScriptedPeer.Stored>> logs = topics.get(name);
    if (logs == null) {
      return;
    }
    String topic = name.substring(name.indexOf('/') + 1);
    out.writeIntLe(0).writeLongLe(0).writeIntLe(logs.size()).writeLongLe(-1).writeByte(1);
    out.writeLongLe(-1).writeByte(1).writeLongLe(0).writeLongLe(0);
    out.writeByte(topic.length()).writeUtf8(topic);
    for (int i = 0; i < logs.size(); i++) {
      out.writeIntLe(i).writeLongLe(0).writeIntLe(1);
      out.writeLongLe(Math.max(0, logs.get(i).size() - 1)).writeLongLe(0);
      out.writeLongLe(logs.get(i).size());
    }
  }

  private int poll(Buffer in, Buffer out) throws IOException {
    in.skip(1);
    String consumer = ident(in);
    String topic = ident(in) + "/" + ident(in);
    in.skip(1);
    int partition = in.readIntLe();
    int kind = in.readByte();
    long value = in.readLongLe();
    int count = in.readIntLe();
    if (topics.get(topic) == null) {
      return Status.TOPIC_NOT_FOUND;
    }
    List<ScriptedPeer.Stored> log = topics.get(topic).get(partition);
    long from = value;
    if (kind == 3) {
      from = 0;
    } else if (kind == 4) {
      from = Math.max(0, log.size() - count);
    } else if (kind == 5) {
      from = offsets.getOrDefault(consumer + "@" + topic + "#" + partition, -1L) + 1;
    }
    List<ScriptedPeer.Stored> found =
        log.subList((int) Math.min(from, log.size()), (int) Math.min(from + count, log.size()));
    out.writeIntLe(partition).writeLongLe(Math.max(0, log.size() - 1)).writeIntLe(found.size());
    for (ScriptedPeer.Stored record : found) {
      out.writeLongLe(0).write(new byte[16]).writeLongLe(from++).writeLongLe(1);
      out.writeLongLe(record.originMicros).writeIntLe(record.headers.length);
      out.writeIntLe(record.payload.length).writeLongLe(0);
      out.write(record.payload).write(record.headers);
    }
    return 0;
  }

  private int storeOffset(Buffer in) throws IOException {
    in.skip(1);
    String consumer = ident(in);
    String topic = ident(in) + "/" + ident(in);
    in.skip(1);
    int partition = in.readIntLe();
    offsets.put(consumer + "@" + topic + "#" + partition, in.readLongLe());
    return 0;
  }

  private static String ident(Buffer in) throws IOException {
    in.skip(1);
    return name(in);
  }

  private static String name(Buffer in) throws IOException {
    return in.readUtf8(in.readByte() & 0xff);
  }
}
