using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Data.Collators;

/// <summary>One named array of a batch, flat and row-major, before it becomes a tensor.</summary>
/// <param name="Shape">Its dimensions; empty for a single number.</param>
/// <param name="Values">A <c>long[]</c> (int64), <c>int[]</c> (int32), <c>float[]</c> (float32) or <c>bool[]</c>.</param>
public sealed record BatchColumn(long[] Shape, Array Values)
{
    /// <summary>Rows of equal length as int64, shape (rows, length).</summary>
    public static BatchColumn Of(int[][] rows) => new([rows.Length, rows.Length > 0 ? rows[0].Length : 0], Array.ConvertAll(rows.SelectMany(r => r).ToArray(), x => (long)x));

    /// <summary>A new tensor in the current dispose scope.</summary>
    public Tensor ToTensor(Device? device = null)
    {
        var flat = Values switch
        {
            long[] v => torch.tensor(v),
            int[] v => torch.tensor(v),
            float[] v => torch.tensor(v),
            bool[] v => torch.tensor(v),
            _ => throw new InvalidOperationException($"A batch column of {Values.GetType().GetElementType()} has no tensor type."),
        };
        using (flat)
        {
            var shaped = flat.reshape(Shape);
            return device is null ? shaped : shaped.to(device);
        }
    }
}

/// <summary>What a collator made of some rows, under the names that Hugging Face models use.</summary>
public sealed class CollatedBatch
{
    private readonly Dictionary<string, BatchColumn> columns = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, BatchColumn> Columns => columns;

    public BatchColumn this[string name] => columns[name];

    internal void Add(string name, int[][] rows) => columns[name] = BatchColumn.Of(rows);

    internal void Add(string name, long[] shape, Array values) => columns[name] = new(shape, values);

    internal void Add(string name, IEnumerable<float?> values)
    {
        float[] all = [.. values.Select(v => v ?? throw new ArgumentException($"{name} is missing in a row of the batch; either every row has it or none."))];
        columns[name] = new([all.Length], all);
    }
}
