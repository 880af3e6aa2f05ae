using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.Text.Tokenization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Generation;

/// <summary>One answer as text.</summary>
/// <param name="Prompt">Index of the prompt in the call.</param>
/// <param name="Index">Which of the prompt's answers.</param>
/// <param name="Text">Special tokens and a stop string at the end are left out.</param>
/// <param name="Tokens">Generated tokens, the end token included.</param>
public sealed record ChatAnswer(int Prompt, int Index, string Text, int Tokens, StopReason Reason);

/// <summary>A checkpoint folder that answers conversations: its model, tokenizer and chat template. Belongs to one thread at a time.</summary>
public sealed class ChatResponder : IDisposable
{
    private readonly CausalModel model;
    private readonly Tokenizer tokenizer;
    private readonly RowEncoder encoder;
    private readonly TokenBytes bytes;

    private ChatResponder(CausalModel model, Tokenizer tokenizer, RowEncoder encoder) =>
        (this.model, this.tokenizer, this.encoder, bytes) = (model, tokenizer, encoder, new(tokenizer));

    /// <summary>Longest row the model was made for, in tokens.</summary>
    public int MaxPositions => model.Config.MaxPositions;

    /// <summary>Without a chat template the messages are joined by line breaks.</summary>
    public bool HasTemplate => encoder.HasTemplate;

    public static ChatResponder Load(string folder, ScalarType dtype = ScalarType.Float32) =>
        new(CheckpointReader.LoadCausal(folder, dtype), Tokenizer.Load(folder), RowEncoder.Load(folder));

    /// <summary>The ids that generation continues: the conversation and the opening of an assistant turn.</summary>
    /// <param name="messages"><c>[{role, content}, …]</c></param>
    public int[] Encode(JsonArray messages) => encoder.EncodePrompt(messages);

    /// <summary>Decodes a stream of ids without ever giving half a character.</summary>
    public StreamDecoder Stream() => tokenizer.CreateStream();

    /// <summary>Answers every prompt, <paramref name="batchSize"/> sequences at a time; the batch changes no answer.</summary>
    /// <param name="prompts">Ids as <see cref="Encode"/> gives them.</param>
    /// <param name="options">The model's own end tokens are added.</param>
    /// <param name="onToken">Every token as it is chosen; <c>Prompt</c> counts within its batch.</param>
    /// <param name="onBatch">Number of prompts answered so far.</param>
    public IReadOnlyList<ChatAnswer> Answer(IReadOnlyList<int[]> prompts, GenerationOptions options, int batchSize = 32, Action<GeneratedToken>? onToken = null, Action<int>? onBatch = null, CancellationToken ct = default)
    {
        var generator = new SequenceGenerator(model, bytes.Of);
        var settings = WithEnds(options);
        var answers = new List<ChatAnswer>(prompts.Count * options.Sequences);
        foreach (var batch in prompts.Select((p, i) => i).Chunk(Math.Max(1, batchSize / options.Sequences)))
        {
            var generated = generator.Generate([.. batch.Select(i => prompts[i])], settings, onToken, ct);
            answers.AddRange(generated.Select(g => new ChatAnswer(batch[g.Prompt], g.Index, Text(g), g.Ids.Count, g.Reason)));
            onBatch?.Invoke(batch[^1] + 1);
        }

        return answers;
    }

    /// <summary>The next answer of one conversation, which pays only for what its prompt adds to the last one.</summary>
    /// <param name="prefix">Belongs to the conversation.</param>
    public ChatAnswer Answer(int[] prompt, GenerationOptions options, PrefixCache prefix, Action<GeneratedToken>? onToken = null, CancellationToken ct = default)
    {
        var g = new SequenceGenerator(model, bytes.Of).Generate([prompt], WithEnds(options), onToken, ct, prefix)[0];
        return new(0, 0, Text(g), g.Ids.Count, g.Reason);
    }

    public void Dispose() => model.Dispose();

    private GenerationOptions WithEnds(GenerationOptions options) => options with { EosTokenIds = [.. options.EosTokenIds.Union(encoder.EndTokenIds).Order()] };

    private string Text(GeneratedSequence g)
    {
        var text = tokenizer.Decode([.. g.Ids]);
        return g.StopString is { } stop && text.LastIndexOf(stop, StringComparison.Ordinal) is var at and >= 0 ? text[..at] : text;
    }
}
