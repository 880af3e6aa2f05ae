using Alignment.ModelCore.Adapters.Prompts;
using Alignment.ModelCore.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>A learned prompt in front of every text.</summary>
internal sealed class PromptPart(Decoder body, LearnedPrompt prompt, PromptEncoder encoder) : AdapterPart
{
    public const string Key = "prompt_embeddings";

    public override IReadOnlyList<(string Key, Parameter Value)> Tensors => encoder.Tensors;

    public override IEnumerable<(string Key, Tensor Value)> Exported => [(Key, encoder.Rows(training: false))];

    public override string? CannotMerge => "a learned prompt stays in front of the text and has no place in the weights";

    public override void Attach(Tensor? rows = null)
    {
        if (rows is not null)
        {
            throw new NotSupportedException("Learned prompts cannot be chosen row by row.");
        }

        if (body.Prompt is not null && !ReferenceEquals(body.Prompt, prompt))
        {
            throw new InvalidOperationException("Another learned prompt is in use; switch it off first.");
        }

        body.Prompt = prompt;
    }

    public override void Detach() => body.Prompt = null;

    public override void Dispose() => encoder.Dispose();
}
