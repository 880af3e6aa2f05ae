using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>The rows themselves are trained. (n, width)</summary>
internal sealed class DirectEncoder : PromptEncoder
{
    private readonly Parameter embedding;

    public DirectEncoder(Tensor rows) => embedding = Own("embedding.weight", rows);

    public override Tensor Rows(bool training) => embedding;
}
