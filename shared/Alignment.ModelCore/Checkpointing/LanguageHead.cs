using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>The language head of a checkpoint without the rest of its model.</summary>
internal static class LanguageHead
{
    /// <summary>(V, D) in float32, the embedding itself where they are tied; null where only the whole model knows it: an adapter's folder, a checkpoint without such a head.</summary>
    public static Tensor? Read(string folder)
    {
        if (AdapterFolder.Is(folder) || DecoderConfig.Load(folder) is not { Head: HeadKind.Language } config)
        {
            return null;
        }

        using var files = CheckpointFiles.Open(folder);
        var embedding = $"{config.Names.Embedding}.weight";
        string[] names = config.TiedEmbedding ? [$"{config.Names.Body}.{embedding}", embedding] : [config.Names.LanguageHead + ".weight"];
        var name = names.FirstOrDefault(n => files.Find(n) is not null);
        return name is null ? null : files.Find(name)!.Read(name, ScalarType.Float32).DetachFromDisposeScope();
    }
}
