namespace Alignment.ModelCore.Optimization;

/// <summary>
/// The 8-bit dynamic code (Dettmers et al. 2022, §2.1): 256 values in [−1, 1] or [0, 1], dense near 0: for each decade the midpoints of
/// equal parts of [.1, 1], plus 0 and 1. As bitsandbytes makes it.
/// </summary>
internal sealed class DynamicCode
{
    private readonly float[] midpoints;

    private DynamicCode(bool signed)
    {
        var values = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            var parts = signed ? 1 << i : 1 << (i + 1);
            var scale = Math.Pow(10, i - 6);
            for (var k = 0; k < parts; k++)
            {
                var mean = scale * (.1 + (.9 * (k + .5) / parts));
                values.Add((float)mean);
                if (signed)
                {
                    values.Add((float)-mean);
                }
            }
        }

        values.Sort();
        Values = [.. values];
        midpoints = [.. Values.Zip(Values.Skip(1)).Select(x => (x.First + x.Second) / 2)];
    }

    internal static DynamicCode Signed { get; } = new(true);

    internal static DynamicCode Unsigned { get; } = new(false);

    /// <summary>256 values in rising order.</summary>
    internal float[] Values { get; }

    /// <summary>The nearest value's index.</summary>
    internal byte Encode(float x)
    {
        var i = Array.BinarySearch(midpoints, x);
        return (byte)(i >= 0 ? i : ~i);
    }
}
