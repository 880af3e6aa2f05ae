using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>Lets only the first or last n decoder layers learn, with what follows the layers (final norm, head).</summary>
internal static class LayerFreezing
{
    public static void Apply(nn.Module model, TuningOptions tuning)
    {
        if (tuning.Method != "freeze")
        {
            return;
        }

        var blocks = model.named_modules().Where(m => m.module is DecoderBlock).Select(m => m.name).ToList();
        var count = Math.Abs(tuning.TrainableLayers);
        if (count > blocks.Count)
        {
            throw new OptionsException([$"tuning.trainable_layers is {tuning.TrainableLayers}, and the model has {blocks.Count} layers."]);
        }

        var learning = tuning.TrainableLayers >= 0 ? blocks.TakeLast(count).ToList() : blocks.Take(count).ToList();
        var embeddings = model.named_modules().Where(m => m.module is TokenEmbedding).Select(m => m.name).ToList();
        foreach (var (name, parameter) in model.named_parameters())
        {
            bool Of(IEnumerable<string> modules) => modules.Any(m => name.StartsWith(m + ".", StringComparison.Ordinal));
            parameter.requires_grad = !Of(embeddings) && (!Of(blocks) || Of(learning));
        }
    }
}
