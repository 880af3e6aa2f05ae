namespace Alignment.ModelCore.Data;

public enum PackingStrategy
{
    /// <summary>Best-fit decreasing; longer documents are cut to the row length.</summary>
    BestFitDecreasing,

    /// <summary>Best-fit decreasing; longer documents are split into pieces.</summary>
    BestFitDecreasingSplit,

    /// <summary>Everything one after another, cut every row length; documents are crossed.</summary>
    Wrapped,
}

/// <summary>A run of one document inside a packed row.</summary>
public readonly record struct PackedSegment(int Document, int Start, int Count);

/// <summary>
/// Packs documents of different lengths into rows of one length, as TRL's pack_dataset does: bfd, bfd_split, wrapped.
/// Works on lengths alone; <see cref="Gather{T}"/> applies the plan to any column.
/// </summary>
public static class Packing
{
    /// <summary>TRL's map batch: rows are packed within groups of this many documents.</summary>
    public const int DefaultBatch = 1000;

    /// <summary>The rows, each a list of segments in order.</summary>
    /// <param name="lengths">Length of each document in tokens.</param>
    /// <param name="rowLength">Most tokens of a row; positive.</param>
    /// <param name="batch">Documents that are packed together; positive.</param>
    public static List<PackedSegment[]> Plan(IReadOnlyList<int> lengths, int rowLength, PackingStrategy strategy, int batch = DefaultBatch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        var rows = new List<PackedSegment[]>();
        for (var from = 0; from < lengths.Count; from += batch)
        {
            var documents = Enumerable.Range(from, Math.Min(batch, lengths.Count - from)).Select(d => new PackedSegment(d, 0, lengths[d]));
            rows.AddRange(strategy switch
            {
                PackingStrategy.Wrapped => Wrap(documents, rowLength),
                PackingStrategy.BestFitDecreasingSplit => Fit(documents.SelectMany(d => Split(d, rowLength)), rowLength),
                _ => Fit(documents.Select(d => d with { Count = Math.Min(d.Count, rowLength) }), rowLength),
            });
        }

        return rows;
    }

    /// <summary>One column of the documents, packed by the plan.</summary>
    public static T[][] Gather<T>(IReadOnlyList<IReadOnlyList<T>> column, IReadOnlyList<PackedSegment[]> plan) =>
        [.. plan.Select(row => row.SelectMany(s => Enumerable.Range(s.Start, s.Count).Select(i => column[s.Document][i])).ToArray())];

    /// <summary>Lengths of the documents in each row; position ids restart at each.</summary>
    public static int[][] Lengths(IReadOnlyList<PackedSegment[]> plan) => [.. plan.Select(row => row.Select(s => s.Count).ToArray())];

    /// <summary>0, 1, 2, … restarting for each document.</summary>
    public static int[] PositionIds(IReadOnlyList<int> documentLengths) => [.. documentLengths.SelectMany(n => Enumerable.Range(0, n))];

    /// <summary>Refuses columns that cannot be cut alike.</summary>
    /// <exception cref="ArgumentException">A column has another number of rows, or a row another length.</exception>
    public static void CheckColumns<T>(IReadOnlyDictionary<string, IReadOnlyList<IReadOnlyList<T>>> columns)
    {
        var (first, reference) = columns.First();
        foreach (var (name, column) in columns)
        {
            for (var i = 0; i < Math.Max(column.Count, reference.Count); i++)
            {
                if (i >= column.Count || i >= reference.Count || column[i].Count != reference[i].Count)
                {
                    throw new ArgumentException($"Packing: column {name} differs in length from {first} at row {i}; all columns must have values of the same length.", nameof(columns));
                }
            }
        }
    }

    private static IEnumerable<PackedSegment> Split(PackedSegment document, int rowLength)
    {
        for (var start = 0; start < document.Count; start += rowLength)
        {
            yield return new(document.Document, start, Math.Min(rowLength, document.Count - start));
        }
    }

    // Longest first; into the open row with the least room that suffices, the one that has had that room longest.
    private static IEnumerable<PackedSegment[]> Fit(IEnumerable<PackedSegment> pieces, int rowLength)
    {
        var rows = new List<List<PackedSegment>>();
        var waiting = new Dictionary<int, Queue<int>>();
        var rooms = new SortedSet<int>();
        foreach (var piece in pieces.Where(p => p.Count > 0).OrderByDescending(p => p.Count))
        {
            var room = rooms.GetViewBetween(piece.Count, rowLength) is { Count: > 0 } fitting ? fitting.Min : rowLength;
            int row;
            if (waiting.TryGetValue(room, out var queue) && queue.Count > 0)
            {
                row = queue.Dequeue();
                if (queue.Count == 0)
                {
                    rooms.Remove(room);
                }
            }
            else
            {
                row = rows.Count;
                rows.Add([]);
                room = rowLength;
            }

            rows[row].Add(piece);
            var left = room - piece.Count;
            if (left > 0)
            {
                (waiting.TryGetValue(left, out var next) ? next : waiting[left] = new()).Enqueue(row);
                rooms.Add(left);
            }
        }

        return rows.Select(r => r.ToArray());
    }

    private static IEnumerable<PackedSegment[]> Wrap(IEnumerable<PackedSegment> documents, int rowLength)
    {
        var row = new List<PackedSegment>();
        var room = rowLength;
        foreach (var document in documents)
        {
            for (var start = 0; start < document.Count;)
            {
                var count = Math.Min(room, document.Count - start);
                row.Add(new(document.Document, start, count));
                start += count;
                room -= count;
                if (room == 0)
                {
                    yield return [.. row];
                    row.Clear();
                    room = rowLength;
                }
            }
        }

        if (row.Count > 0)
        {
            yield return [.. row];
        }
    }
}
