namespace Alignment.ModelCore.Checkpointing;

/// <summary>One tensor of a header. Offsets count bytes from the start of the data section.</summary>
public sealed record SafeTensorsEntry(string Name, string DType, long[] Shape, long Begin, long End)
{
    public long Bytes => End - Begin;

    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);
}
