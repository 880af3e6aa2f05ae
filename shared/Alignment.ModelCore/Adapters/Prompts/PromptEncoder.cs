using Alignment.ModelCore.Adapters.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>
/// The trained parameters behind a learned prompt and what they make: one row for each virtual token. Files keep the rows alone, so that
/// what made them cannot be trained further, as in PEFT.
/// </summary>
internal abstract class PromptEncoder : IDisposable
{
    public const string Prefix = "prompt_encoder.";

    private readonly List<(string Key, Parameter Value)> tensors = [];

    public IReadOnlyList<(string Key, Parameter Value)> Tensors => tensors;

    /// <summary>(n, width)</summary>
    public abstract Tensor Rows(bool training);

    public void Dispose() => tensors.ForEach(t => t.Value.Dispose());

    protected Parameter Own(string name, Tensor value)
    {
        var parameter = Parameters.Copy(value);
        tensors.Add((Prefix + name, parameter));
        return parameter;
    }
}
