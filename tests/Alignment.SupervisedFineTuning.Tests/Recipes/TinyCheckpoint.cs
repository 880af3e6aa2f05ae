using System.Runtime.CompilerServices;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

/// <summary>A checkpoint of a few thousand weights with the helpdesk sample's tokenizer and template.</summary>
internal static class TinyCheckpoint
{
    public static string Helpdesk { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "samples", "helpdesk"));

    public static string Make(string folder)
    {
        using var model = CausalModel.Create(DecoderConfig.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "initializer_range": 0.1}
            """), seed: 3);
        Directory.CreateDirectory(folder);
        CheckpointWriter.Save(model, folder, new SaveOptions { CopyFilesFrom = Path.Combine(Helpdesk, "base") });
        return folder;
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
