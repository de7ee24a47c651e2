package dev.whippet.broker.internal.http.exchange;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Sizes as an Iggy server writes them: in the largest unit in which at most three decimals tell the
 * size exactly, such as {@code 916 B}, {@code 1.064 KB}, {@code 64 KiB}.
 */
final class HumanSize {
  private static final int DECIMALS_MAX = 3;

  private record Unit(String name, BigDecimal bytes) {}

  private static final List<Unit> LARGEST_FIRST = units();

  private HumanSize() {}

  private static List<Unit> units() {
    List<Unit> units = new ArrayList<>();
    long decimal = 1;
    long binary = 1;
    for (char letter : "KMGTPE".toCharArray()) {
      decimal *= 1000;
      binary *= 1024;
      units.add(0, new Unit(letter + "B", BigDecimal.valueOf(decimal)));
      units.add(0, new Unit(letter + "iB", BigDecimal.valueOf(binary)));
    }
    return List.copyOf(units);
  }

  /** {@code bytes} is unsigned. */
  static String text(long bytes) {
    BigDecimal size = new BigDecimal(Long.toUnsignedString(bytes));
    for (Unit unit : LARGEST_FIRST) {
      if (size.compareTo(unit.bytes) >= 0 && isExact(size, unit)) {
        return size.divide(unit.bytes).stripTrailingZeros().toPlainString() + " " + unit.name;
      }
    }
    return size.toPlainString() + " B";
  }

  private static boolean isExact(BigDecimal size, Unit unit) {
    return size.movePointRight(DECIMALS_MAX).remainder(unit.bytes).signum() == 0;
  }
}
