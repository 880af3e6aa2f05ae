using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>Keys of pretraining a new Llama-style model from text; defaults suit a model of a few million parameters on a CPU.</summary>
public sealed class PretrainOptions : TrainingOptions
{
    public PretrainOptions() => (LearningRate, MaxLength, Epochs) = (1e-3, 256, 1);

    [Option("Folder or tokenizer.json to use; empty: train a byte-level BPE tokenizer on the data.")]
    public string Tokenizer { get; init; } = "";

    [Option("Tokens of a tokenizer that is trained here, the 256 bytes and 3 special tokens included.", Min = 260, Max = 1_000_000, Unit = "tokens")]
    public int VocabSize { get; init; } = 4096;

    [Option("Width D of the model.", Min = 8, Max = 65536)]
    public int HiddenSize { get; init; } = 192;

    [Option("Decoder layers.", Min = 1, Max = 1000, Unit = "layers")]
    public int Layers { get; init; } = 4;

    [Option("Attention heads H; hidden_size must be a multiple of it, with an even quotient.", Min = 1, Max = 1024)]
    public int Heads { get; init; } = 6;

    [Option("Key/value heads K; divides heads. 0: as many as heads.", Min = 0, Max = 1024)]
    public int KvHeads { get; init; }

    [Option("Width of the feed-forward layers; 0: 8/3 of hidden_size, rounded up to a multiple of 32.", Min = 0, Max = 1_000_000)]
    public int IntermediateSize { get; init; }

    [Option("Use the embedding as the output head too.")]
    public bool TieEmbeddings { get; init; } = true;

    [Option("Longest sequence the finished model accepts; 0: max_length.", Min = 0, Max = 10_000_000, Unit = "tokens")]
    public int MaxPositions { get; init; }

    [Option("Base of the rotary frequencies.", Min = 1, Source = "Llama: 10000")]
    public double RopeTheta { get; init; } = 10000;

    [Option("Standard deviation of new weights.", Min = 0, AboveMin = true, Max = 1, Source = "Llama: 0.02")]
    public double InitializerRange { get; init; } = 0.02;

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (given.Contains("model"))
        {
            yield return "model: pretraining starts a new model. Remove the key, or use 'align train sft' to go on from a checkpoint.";
        }

        if (Tokenizer.Length > 0 && given.Contains("vocab_size"))
        {
            yield return "tokenizer and vocab_size are both set: a given tokenizer has its own vocabulary. Remove one.";
        }

        if (HiddenSize % Heads != 0 || HiddenSize / Heads % 2 != 0)
        {
            yield return $"hidden_size {HiddenSize} over heads {Heads} is not an even whole number.";
        }

        if (KvHeads > 0 && Heads % KvHeads != 0)
        {
            yield return $"kv_heads {KvHeads} does not divide heads {Heads}.";
        }

        if (MaxPositions > 0 && MaxPositions < MaxLength)
        {
            yield return $"max_positions {MaxPositions} is below max_length {MaxLength}.";
        }
    }
}
