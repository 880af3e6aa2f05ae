using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>What attention sees before the tokens at hand: a generation cache or a learned prefix.</summary>
public interface IPastKeyValues
{
    /// <summary>Tokens stored, the same for all rows.</summary>
    long Length { get; }

    /// <summary>Adds rotated keys and values (B, K, T, S) of one layer and returns all of it, (B, K, Length + T, S).</summary>
    (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value);

    /// <summary>Called once after all layers have appended.</summary>
    void Advance(long count);
}
