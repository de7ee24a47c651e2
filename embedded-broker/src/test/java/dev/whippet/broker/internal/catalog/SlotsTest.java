package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Rules of iggy-classic.md 6.1: slots are reused, the most recently freed first. */
final class SlotsTest {

  private record Thing(int id, String name) implements Slots.Entry {}

  private static Slots<Thing> filled(int count) {
    Slots<Thing> slots = Slots.empty();
    for (int id = 0; id < count; id++) {
      slots = slots.plus(new Thing(id, "n" + id));
    }
    return slots;
  }

  @Test
  void firstIdIsZeroAndIdsAreDense() {
    assertThat(Slots.<Thing>empty().nextId()).isZero();
    assertThat(filled(3).nextId()).isEqualTo(3);
  }

  @Test
  void mostRecentlyFreedSlotIsUsedFirst() {
    Slots<Thing> slots = filled(5).minus(1).minus(3).minus(4);

    assertThat(slots.nextId()).isEqualTo(4);
    slots = slots.plus(new Thing(4, "again"));
    assertThat(slots.nextId()).isEqualTo(3);
    slots = slots.plus(new Thing(3, "too"));
    assertThat(slots.nextId()).isEqualTo(1);
    slots = slots.plus(new Thing(1, "last"));
    assertThat(slots.nextId()).isEqualTo(5);
  }

  @Test
  void findsByIdAndByNameAndListsAscending() {
    Slots<Thing> slots = filled(4).minus(2);

    assertThat(slots.get(3).name()).isEqualTo("n3");
    assertThat(slots.get("n0").id()).isZero();
    assertThat(slots.get(2)).isNull();
    assertThat(slots.get("n2")).isNull();
    assertThat(slots.get(-1)).isNull();
    assertThat(slots.get(4)).isNull();
    assertThat(slots.all()).extracting(Thing::id).containsExactly(0, 1, 3);
    assertThat(slots.size()).isEqualTo(3);
  }

  @Test
  void earlierTablesStayAsTheyWere() {
    Slots<Thing> before = filled(2);

    before.minus(0);
    before.plus(new Thing(2, "new"));
    before.replaced(new Thing(1, "other"));

    assertThat(before.all()).extracting(Thing::name).containsExactly("n0", "n1");
    assertThat(before.nextId()).isEqualTo(2);
  }

  @Test
  void refusesTakenSlotsAndNames() {
    Slots<Thing> slots = filled(2);

    assertThatThrownBy(() -> slots.plus(new Thing(0, "x"))).hasMessageContaining("slot 0");
    assertThatThrownBy(() -> slots.plus(new Thing(2, "n0"))).hasMessageContaining("n0");
    assertThatThrownBy(() -> slots.minus(7)).hasMessageContaining("slot 7");
    assertThatThrownBy(() -> slots.replaced(new Thing(1, "n0"))).hasMessageContaining("n0");
    assertThatThrownBy(() -> slots.withFree(new int[] {1})).hasMessageContaining("slot 1");
  }

  @Test
  void replacedKeepsTheSlotAndMayRename() {
    Slots<Thing> slots = filled(2).replaced(new Thing(1, "renamed"));

    assertThat(slots.get("n1")).isNull();
    assertThat(slots.get("renamed").id()).isEqualTo(1);
  }
}
