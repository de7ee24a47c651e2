package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.internal.command.group.GroupModel;
import dev.whippet.broker.internal.command.group.GroupModel.Seat;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Consumer groups: created and deleted, joined and left by connections of their own, that vanish
 * now and then; polls, commits and offsets of members; time, after which promises are kept.
 */
final class GroupFamily implements Family {
  private static final int NAMES = 3;
  private static final int CLIENTS = 5;
  private static final int LOOPS = 3;
  private static final int STAY = 60;

  /** Eight times this is more than the time that a promise waits, and one look more. */
  private static final long PAUSE_MICROS = 6_000_000;

  private static final Reply NOT_YOURS = new Reply.Polled(0, 0, 0, List.of(), 0);

  /** A connection, known to the model by its number. */
  private static final class Client {
    final int number;
    final ClientSession session;

    /** When it joined what. */
    final Map<Model.Group, Long> joins = new HashMap<>();

    Client(int number, ClientSession session) {
      this.number = number;
      this.session = session;
    }
  }

  private final List<Client> clients = new ArrayList<>();
  private int connections;
  private long joins;

  /** Where it mostly works for so many steps more. */
  private Model.Topic topic;

  private int streamId;
  private int stay;

  @Override
  public int weight() {
    return 40;
  }

  @Override
  public void step(Walk walk) {
    while (clients.size() < CLIENTS) {
      clients.add(connect(walk));
    }
    Place place = place(walk);
    Client client = clients.get(walk.random.nextInt(CLIENTS));
    switch (walk.random.nextInt(40)) {
      case 0, 1, 2 -> create(walk, place);
      case 3 -> delete(walk, place);
      case 4, 5 -> get(walk, place, group(walk, place));
      case 6 -> getAll(walk, place);
      case 7, 8, 9, 10, 11 -> join(walk, place, client);
      case 12, 13 -> leave(walk, place, client);
      case 14 -> vanish(walk, client);
      case 15, 16 -> getMe(walk, client);
      case 17 -> {
        if (walk.chance(20)) {
          pause(walk);
        }
      }
      case 18, 19, 20, 21, 22 -> store(walk, place, client);
      case 23 -> deleteOffset(walk, place, client);
      case 24, 25 -> getOffset(walk, place, group(walk, place), partition(walk, place));
      default -> poll(walk, place, client);
    }
  }

  /** Mostly the one of the steps before, so that members meet. */
  private Place place(Walk walk) {
    Place any = Place.any(walk);
    if (any.found() != null && (stay == 0 || !isThere(walk))) {
      stay = STAY;
      streamId = any.streamId();
      topic = any.found();
    }
    if (!isThere(walk) || walk.chance(6)) {
      return any;
    }
    stay = Math.max(0, stay - 1);
    return Place.of(walk, streamId, idOf(walk));
  }

  private boolean isThere(Walk walk) {
    return topic != null && walk.model.streams.get(streamId) != null && idOf(walk) >= 0;
  }

  private int idOf(Walk walk) {
    IdSlots<Model.Topic> topics = walk.model.streams.get(streamId).topics;
    return topics.ids().stream().filter(id -> topics.get(id) == topic).findFirst().orElse(-1);
  }

  private Client connect(Walk walk) {
    int number = ++connections;
    return new Client(number, walk.broker().connect(number % LOOPS));
  }

  private static Reply ask(Walk walk, Client client, Request request) {
    return walk.ask(client.session, client.number % LOOPS, request);
  }

  private static Identifier group(Walk walk, Place place) {
    String name = walk.chance(3) ? walk.name("g", NAMES) : "g0";
    return place.found() == null
        ? new Identifier.Named(name)
        : walk.chance(2) ? new Identifier.Named(name) : walk.identifier(place.found().groups, name);
  }

  private static Model.Group find(Place place, Identifier group) {
    int id = place.found() == null ? -1 : Walk.resolve(place.found().groups, group);
    return id < 0 ? null : place.found().groups.get(id);
  }

  /** 1009, 2010 or 5000; 0 when all are there. */
  private static int missing(Place place, Model.Group group) {
    if (place.missing() != Status.OK) {
      return place.missing();
    }
    return group == null ? Status.CONSUMER_GROUP_NOT_FOUND : Status.OK;
  }

  /** Given or not, there or not. */
  private static OptionalInt partition(Walk walk, Place place) {
    int count = place.found() == null ? 0 : place.found().partitions.size();
    return walk.chance(3) ? OptionalInt.of(walk.random.nextInt(count + 1)) : OptionalInt.empty();
  }

  // --- the catalog's ----------------------------------------------------------------------------

  private static void create(Walk walk, Place place) {
    String name = walk.chance(2) ? walk.name("g", NAMES) : "g0";
    Reply reply = walk.ask(new Request.CreateConsumerGroup(place.stream(), place.topic(), name));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
    } else if (place.found().groups.idOf(name) >= 0) {
      walk.expect(Status.CONSUMER_GROUP_NAME_ALREADY_EXISTS, reply);
    } else {
      int partitions = place.found().partitions.size();
      int id = place.found().groups.add(new Model.Group(name, partitions));
      walk.expect(
          new Reply.ConsumerGroupDetails(
              new Reply.ConsumerGroup(id, partitions, 0, name), List.of()),
          reply);
    }
  }

  private static void delete(Walk walk, Place place) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    Reply reply = walk.ask(new Request.DeleteConsumerGroup(place.stream(), place.topic(), group));
    walk.expect(missing(place, found), reply);
    if (found != null) {
      place.found().groups.remove(Walk.resolve(place.found().groups, group));
    }
  }

  private static Reply.ConsumerGroup view(Place place, int id) {
    Model.Group group = place.found().groups.get(id);
    int members = group.live.slots.size();
    return new Reply.ConsumerGroup(id, place.found().partitions.size(), members, group.name);
  }

  private static void getAll(Walk walk, Place place) {
    Reply reply = walk.ask(new Request.GetConsumerGroups(place.stream(), place.topic()));
    if (place.found() == null) {
      walk.expect(new Reply.Empty(), reply);
      return;
    }
    List<Reply.ConsumerGroup> all = new ArrayList<>();
    place.found().groups.ids().forEach(id -> all.add(view(place, id)));
    walk.expect(new Reply.ConsumerGroups(all), reply);
  }

  private static void get(Walk walk, Place place, Identifier group) {
    Reply reply = walk.ask(new Request.GetConsumerGroup(place.stream(), place.topic(), group));
    Model.Group found = find(place, group);
    if (found == null) {
      walk.expect(new Reply.Empty(), reply);
      return;
    }
    Walk.check(reply instanceof Reply.ConsumerGroupDetails, "no group but " + reply);
    Reply.ConsumerGroupDetails details = (Reply.ConsumerGroupDetails) reply;
    Reply.ConsumerGroup expected = view(place, Walk.resolve(place.found().groups, group));
    Walk.check(details.group().equals(expected), "group " + details.group());
    List<String> members = new ArrayList<>();
    for (Reply.GroupMember member : details.members()) {
      members.add(member.id() + ": " + Arrays.toString(member.partitions()));
    }
    List<String> seats = new ArrayList<>();
    for (Seat seat : found.live.slots.values()) {
      seats.add(seat.id + ": " + seat.partitions);
    }
    Walk.check(members.equals(seats), "members " + members + ", expected " + seats);
  }

  // --- members ----------------------------------------------------------------------------------

  private void join(Walk walk, Place place, Client client) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    Reply reply =
        ask(walk, client, new Request.JoinConsumerGroup(place.stream(), place.topic(), group));
    walk.expect(missing(place, found), reply);
    if (found != null) {
      if (found.live.seat(client.number) == null) {
        client.joins.put(found, joins++);
      }
      found.live.join(client.number);
    }
  }

  private static void leave(Walk walk, Place place, Client client) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    Reply reply =
        ask(walk, client, new Request.LeaveConsumerGroup(place.stream(), place.topic(), group));
    if (found != null && found.live.seat(client.number) == null) {
      walk.expect(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND, reply);
      return;
    }
    walk.expect(missing(place, found), reply);
    if (found != null) {
      found.live.leave(client.number);
    }
  }

  private void vanish(Walk walk, Client client) {
    walk.broker().disconnect(client.session, client.number % LOOPS);
    walk.pass(0);
    for (Model.Group group : client.joins.keySet()) {
      if (group.live.seat(client.number) != null) {
        group.live.leave(client.number);
      }
    }
    clients.set(clients.indexOf(client), connect(walk));
  }

  private static void getMe(Walk walk, Client client) {
    Map<Long, Reply.Membership> joined = new HashMap<>();
    for (int stream : walk.model.streams.ids()) {
      IdSlots<Model.Topic> topics = walk.model.streams.get(stream).topics;
      for (int topic : topics.ids()) {
        IdSlots<Model.Group> groups = topics.get(topic).groups;
        for (int id : groups.ids()) {
          if (groups.get(id).live.seat(client.number) != null) {
            joined.put(client.joins.get(groups.get(id)), new Reply.Membership(stream, topic, id));
          }
        }
      }
    }
    List<Reply.Membership> expected =
        joined.entrySet().stream()
            .sorted(Comparator.comparing(Map.Entry::getKey))
            .map(Map.Entry::getValue)
            .toList();
    walk.expect(
        new Reply.ClientDetails(client.session.entry(expected.size()), expected),
        ask(walk, client, new Request.GetMe()));
  }

  /** Whoever was promised a partition has it. */
  private static void pause(Walk walk) {
    for (int i = 0; i < 8; i++) {
      walk.pass(PAUSE_MICROS);
    }
    for (int stream : walk.model.streams.ids()) {
      IdSlots<Model.Topic> topics = walk.model.streams.get(stream).topics;
      for (int topic : topics.ids()) {
        IdSlots<Model.Group> groups = topics.get(topic).groups;
        groups.ids().forEach(id -> groups.get(id).live.force());
      }
    }
  }

  // --- messages and offsets ---------------------------------------------------------------------

  private static ConsumerId consumer(Identifier group) {
    return new ConsumerId(true, group, 0);
  }

  private static void poll(Walk walk, Place place, Client client) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    OptionalInt asked = partition(walk, place);
    boolean next = walk.chance(3);
    int count = walk.random.nextInt(8);
    boolean commit = walk.chance(2);
    Strategy strategy = new Strategy(next ? Strategy.Kind.NEXT : Strategy.Kind.FIRST, 0);
    Reply reply =
        ask(
            walk,
            client,
            new Request.Poll(
                consumer(group), place.stream(), place.topic(), asked, strategy, count, commit));
    Seat seat = found == null ? null : found.live.seat(client.number);
    if (found != null && seat == null) {
      walk.expect(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND, reply);
      return;
    }
    if (found == null) {
      walk.expect(missing(place, found), reply);
      return;
    }
    int id = asked.isPresent() ? asked.getAsInt() : found.live.next(seat);
    if (!seat.partitions.contains(id)) {
      walk.expect(NOT_YOURS, reply);
      return;
    }
    Model.Partition partition = place.partition(id);
    Long stored = found.live.stored.get(id);
    long from = next && stored != null ? stored + 1 : partition.first;
    long last = MessageFamily.polled(reply, id, partition, from, count);
    if (last >= 0) {
      found.live.poll(id, last);
      if (commit) {
        found.live.commit(id, last);
      }
    }
  }

  /** The partition that a commit is for; -1 when it is not the member's. */
  private static int resolve(GroupModel live, Seat seat, OptionalInt asked) {
    if (asked.isPresent()) {
      return seat.partitions.contains(asked.getAsInt()) ? asked.getAsInt() : -1;
    }
    return live.peek(seat);
  }

  private static void store(Walk walk, Place place, Client client) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    OptionalInt asked = partition(walk, place);
    Seat seat = found == null ? null : found.live.seat(client.number);
    int id = seat == null ? -1 : resolve(found.live, seat, asked);
    int size = id < 0 ? 0 : place.partition(id).messages.size();
    long offset = Math.max(0, size - walk.random.nextInt(4));
    Reply reply =
        ask(
            walk,
            client,
            new Request.StoreConsumerOffset(
                consumer(group), place.stream(), place.topic(), asked, offset));
    int status = memberStatus(place, found, seat, id);
    walk.expect(status == Status.OK && offset >= size ? Status.INVALID_OFFSET : status, reply);
    if (status == Status.OK && offset < size) {
      found.live.commit(id, offset);
    }
  }

  private static void deleteOffset(Walk walk, Place place, Client client) {
    Identifier group = group(walk, place);
    Model.Group found = find(place, group);
    OptionalInt asked = partition(walk, place);
    Seat seat = found == null ? null : found.live.seat(client.number);
    int id = seat == null ? -1 : resolve(found.live, seat, asked);
    Reply reply =
        ask(
            walk,
            client,
            new Request.DeleteConsumerOffset(
                consumer(group), place.stream(), place.topic(), asked));
    int status = memberStatus(place, found, seat, id);
    boolean stored = status == Status.OK && found.live.stored.remove(id) != null;
    walk.expect(status == Status.OK && !stored ? Status.CONSUMER_OFFSET_NOT_FOUND : status, reply);
  }

  /** 1009, 2010, 5000, 5006, 3022: in this order. */
  private static int memberStatus(Place place, Model.Group found, Seat seat, int partition) {
    if (missing(place, found) != Status.OK) {
      return missing(place, found);
    }
    if (seat == null) {
      return Status.CONSUMER_GROUP_MEMBER_NOT_FOUND;
    }
    return partition < 0 ? Status.NOT_RESOLVED_CONSUMER : Status.OK;
  }

  /** Members or not may ask. */
  private static void getOffset(Walk walk, Place place, Identifier group, OptionalInt asked) {
    Reply reply =
        walk.ask(
            new Request.GetConsumerOffset(consumer(group), place.stream(), place.topic(), asked));
    Model.Group found = find(place, group);
    int id = asked.orElse(0);
    Model.Partition partition = found == null ? null : place.partition(id);
    Long stored = partition == null ? null : found.live.stored.get(id);
    walk.expect(
        stored == null ? new Reply.Empty() : new Reply.OffsetInfo(id, partition.current(), stored),
        reply);
  }

  // --- the whole --------------------------------------------------------------------------------

  @Override
  public void restarted(Walk walk) {
    clients.clear();
  }

  @Override
  public void compare(Walk walk) {
    clients.forEach(client -> getMe(walk, client));
    for (int stream : walk.model.streams.ids()) {
      IdSlots<Model.Topic> topics = walk.model.streams.get(stream).topics;
      for (int topic : topics.ids()) {
        Place place = Place.of(walk, stream, topic);
        getAll(walk, place);
        for (int id : place.found().groups.ids()) {
          get(walk, place, new Identifier.Numeric(id));
          for (int i = 0; i < place.found().partitions.size(); i++) {
            getOffset(walk, place, new Identifier.Numeric(id), OptionalInt.of(i));
          }
        }
      }
    }
  }
}
