package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.FileHeader;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** One commit file as its loop knows it: at full size, open, with a header for each life. */
final class CommitFile {
  /** Its name, and in its headers, so that another file's bytes are not taken for its own. */
  final long number;

  final Segment place;
  final AsyncFile file;

  /** Partitions with batches in here. */
  final Set<Commits.Source> sources = new LinkedHashSet<>();

  long serial;
  long salt;
  CommitSpace space;

  /** Where the next commit goes. */
  long position;

  /** Its blocks are written with the commits for the first time: these take longer. */
  boolean reserved;

  /** A write failed: nothing is written here any more, not even later. */
  boolean failed;

  /** Whose batches that write was about. */
  final List<Commits.Source> doubtful = new ArrayList<>();

  CommitFile(long number, Segment place, AsyncFile file) {
    this.number = number;
    this.place = place;
    this.file = file;
  }

  /** Another life begins. */
  void live(long nextSerial, long nextSalt) {
    serial = nextSerial;
    salt = nextSalt;
    position = FileHeader.COPIES_BYTES;
    sources.clear();
  }
}
