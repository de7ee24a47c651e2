package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupDeleted;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.ConsumerOffsets.Owner;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.Slots;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.command.group.Member;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * Consumer groups (iggy-classic.md 3.3, 6.6): creating and deleting them is a change of the
 * catalog; joining, leaving and who has what is {@link Groups}', on loop 0, like every read of it.
 */
final class GroupCommands {

  /** Groups of one topic. */
  static final int GROUPS_PER_TOPIC_MAX = 4096;

  /** Groups in all (about 200 bytes each, without their members). */
  static final int GROUPS_MAX = 20_000;

  private final Services services;
  private final Catalog catalog;
  private final Groups groups;

  GroupCommands(Services services) {
    this.services = services;
    this.catalog = services.catalog();
    this.groups = services.groups();
  }

  void register(Commands table) {
    table.on(Request.GetConsumerGroup.class, x -> onLoopZero(x, () -> get(x)));
    table.on(Request.GetConsumerGroups.class, x -> onLoopZero(x, () -> getAll(x)));
    table.on(Request.CreateConsumerGroup.class, x -> services.changes().run(x, () -> create(x)));
    table.on(Request.DeleteConsumerGroup.class, x -> services.changes().run(x, () -> delete(x)));
    table.on(Request.JoinConsumerGroup.class, x -> onLoopZero(x, () -> join(x)));
    table.on(Request.LeaveConsumerGroup.class, x -> onLoopZero(x, () -> leave(x)));
  }

  /** What groups have stored, by their partitions' numbers. */
  static Groups.StoredOffsets stored(Catalog catalog, ConsumerOffsets offsets) {
    return (group, partition) -> {
      StreamEntry stream = catalog.visible().streams().get(group.stream());
      TopicEntry topic = stream == null ? null : stream.topics().get(group.topic());
      PartitionEntry entry = topic == null ? null : topic.partition(partition);
      return entry == null
          ? ConsumerOffsets.NOTHING_STORED
          : offsets.stored(entry.incarnation(), owner(group));
    };
  }

  /** Who stores the group's offsets. */
  static Owner owner(GroupEntry group) {
    return new Owner(true, group.serial());
  }

  /** A topic and one of its groups, as the request names them. */
  private record Found(TopicEntry topic, GroupEntry group) {}

  private void get(Exchange<Request.GetConsumerGroup> x) {
    CatalogState state = catalog.visible();
    StreamEntry stream = Lookup.find(state, x.request.stream());
    TopicEntry topic = Lookup.find(stream, x.request.topic());
    GroupEntry group = Lookup.find(state, stream, topic, x.request.group());
    if (group == null) {
      x.done();
      return;
    }
    services.access().require(x.session, Right.TOPIC_READ, stream, topic);
    List<Reply.GroupMember> members = new ArrayList<>();
    for (Member member : groups.members(group)) {
      members.add(new Reply.GroupMember(member.id(), member.assignment().partitions()));
    }
    x.reply(new Reply.ConsumerGroupDetails(view(topic, group), members));
  }

  private void getAll(Exchange<Request.GetConsumerGroups> x) {
    CatalogState state = catalog.visible();
    StreamEntry stream = Lookup.find(state, x.request.stream());
    TopicEntry topic = Lookup.find(stream, x.request.topic());
    if (topic == null) {
      x.done();
      return;
    }
    services.access().require(x.session, Right.TOPIC_READ, stream, topic);
    List<Reply.ConsumerGroup> all = new ArrayList<>();
    state.groups().of(stream.id(), topic.id()).all().forEach(group -> all.add(view(topic, group)));
    x.reply(new Reply.ConsumerGroups(all));
  }

  private void create(Exchange<Request.CreateConsumerGroup> x) {
    CatalogState latest = catalog.latest();
    StreamEntry stream = Lookup.stream(latest, x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    services.access().require(x.session, Right.TOPIC_READ, stream, topic);
    Slots<GroupEntry> ofTopic = latest.groups().of(stream.id(), topic.id());
    if (ofTopic.get(x.request.name()) != null) {
      throw new Exchange.Refused(Status.CONSUMER_GROUP_NAME_ALREADY_EXISTS);
    }
    if (ofTopic.size() >= GROUPS_PER_TOPIC_MAX || latest.groups().size() >= GROUPS_MAX) {
      throw new Exchange.Refused(Status.ERROR);
    }
    GroupCreated change = latest.groups().newGroup(stream.id(), topic.id(), x.request.name());
    services
        .changes()
        .commit(
            x,
            change,
            () -> services.offsets().admitGroup(change.serial()),
            () ->
                x.reply(
                    new Reply.ConsumerGroupDetails(
                        new Reply.ConsumerGroup(
                            change.id(), topic.partitions().size(), 0, change.name()),
                        List.of())));
  }

  private void delete(Exchange<Request.DeleteConsumerGroup> x) {
    CatalogState latest = catalog.latest();
    StreamEntry stream = Lookup.stream(latest, x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    GroupEntry group = Lookup.group(latest, stream, topic, x.request.group());
    services.access().require(x.session, Right.TOPIC_READ, stream, topic);
    services
        .changes()
        .commit(
            x,
            new GroupDeleted(stream.id(), topic.id(), group.id()),
            () -> {},
            () -> {
              groups.deleted(List.of(group));
              services.offsets().forgetGroup(group.serial(), topic.partitions());
              x.done();
            });
  }

  private void join(Exchange<Request.JoinConsumerGroup> x) {
    Request.JoinConsumerGroup join = x.request;
    Found found = found(x, join.stream(), join.topic(), join.group());
    if (groups.member(x.session, found.group) == null && !groups.hasRoom()) {
      throw new Exchange.Refused(Status.ERROR);
    }
    groups.join(x.session, found.group, found.topic.partitions().size());
    x.done();
  }

  private void leave(Exchange<Request.LeaveConsumerGroup> x) {
    Request.LeaveConsumerGroup leave = x.request;
    Found found = found(x, leave.stream(), leave.topic(), leave.group());
    Member member = groups.member(x.session, found.group);
    if (member == null) {
      throw new Exchange.Refused(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND);
    }
    groups.leave(member);
    x.done();
  }

  /** 1009, 2010, 5000, 41: in this order. */
  private Found found(
      Exchange<?> x, Identifier streamName, Identifier topicName, Identifier groupName) {
    CatalogState state = catalog.visible();
    StreamEntry stream = Lookup.stream(state, streamName);
    TopicEntry topic = Lookup.topic(stream, topicName);
    GroupEntry group = Lookup.group(state, stream, topic, groupName);
    services.access().require(x.session, Right.TOPIC_READ, stream, topic);
    return new Found(topic, group);
  }

  private Reply.ConsumerGroup view(TopicEntry topic, GroupEntry group) {
    return new Reply.ConsumerGroup(
        group.id(), topic.partitions().size(), groups.size(group), group.name());
  }

  private void onLoopZero(Exchange<?> x, Runnable work) {
    services.hops().onLoopZero(x, work);
  }
}
