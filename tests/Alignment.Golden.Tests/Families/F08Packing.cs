using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data;

namespace Alignment.Golden.Tests.Families;

/// <summary>Packing of documents into rows, and models run on packed rows.</summary>
public sealed partial class F08Packing : IGoldenCheck
{
    public string Family => "F08";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("packing", out var rows))
        {
            foreach (var row in rows.EnumerateArray())
            {
                Pack(row);
            }

            foreach (var row in c.Json.TryGetProperty("refused", out var refused) ? refused.EnumerateArray() : [])
            {
                Refuse(row);
            }

            return;
        }

        Forward(c);
    }

    static partial void ForwardCase(GoldenCase c, ref bool done);

    private static void Forward(GoldenCase c)
    {
        var done = false;
        ForwardCase(c, ref done);
        if (!done)
        {
            throw new UnsupportedCaseException("a model on packed rows");
        }
    }

    private static void Pack(JsonElement row)
    {
        var what = $"{row.GetProperty("name")} {row.GetProperty("strategy")} at {row.GetProperty("seq_length")}";
        var strategy = row.GetProperty("strategy").GetString() switch
        {
            "bfd" => PackingStrategy.BestFitDecreasing,
            "bfd_split" => PackingStrategy.BestFitDecreasingSplit,
            "wrapped" => PackingStrategy.Wrapped,
            var s => throw new UnsupportedCaseException("packing strategy " + s),
        };
        var plan = Packing.Plan(Ints(row.GetProperty("lengths")), row.GetProperty("seq_length").GetInt32(), strategy, row.GetProperty("map_batch_size").GetInt32());
        foreach (var expected in row.GetProperty("out").EnumerateObject())
        {
            if (expected.Name == "segments")
            {
                Lists.Equal($"{what} segments", [.. plan.Select(r => string.Join(' ', r.Select(s => $"{s.Document}:{s.Start}+{s.Count}")))],
                    [.. expected.Value.EnumerateArray().Select(r => string.Join(' ', r.EnumerateArray().Select(s => $"{s[0]}:{s[1]}+{s[2]}")))]);
            }
            else
            {
                var actual = expected.Name == "seq_lengths" ? Packing.Lengths(plan) : Packing.Gather(Column(row.GetProperty("in").GetProperty(expected.Name)), plan);
                Rows($"{what} {expected.Name}", actual, expected.Value);
            }
        }

        if (row.TryGetProperty("position_ids", out var positions))
        {
            Rows($"{what} position_ids", [.. Packing.Lengths(plan).Select(l => Packing.PositionIds(l))], positions);
        }
    }

    private static void Refuse(JsonElement row)
    {
        try
        {
            Packing.CheckColumns(row.GetProperty("in").EnumerateObject().ToDictionary(p => p.Name, p => Column(p.Value)));
        }
        catch (ArgumentException)
        {
            return;
        }

        throw new GoldenMismatchException($"{row.GetProperty("why")}: must be refused.");
    }

    // A column that is no list of lists never reaches the packer: rows are lists by type, so the reader refuses it.
    private static IReadOnlyList<IReadOnlyList<int>> Column(JsonElement column) => [.. column.EnumerateArray().Select(r => r.ValueKind == JsonValueKind.Array
        ? (IReadOnlyList<int>)Ints(r) : throw new ArgumentException("a column to pack must hold lists"))];

    private static void Rows(string what, IReadOnlyList<int[]> actual, JsonElement expected) =>
        Lists.Equal(what, [.. actual.Select(r => string.Join(' ', r))], [.. expected.EnumerateArray().Select(r => string.Join(' ', Ints(r)))]);

    private static int[] Ints(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];
}
