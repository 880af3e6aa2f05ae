using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Data;
using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.Trainers;

namespace Alignment.SupervisedFineTuning.Recipes;

/// <summary>
/// What a new model begins with: tokenizer, chat template and configuration. The tokenizer is made once and kept beside the state, so
/// that a resumed run does not train it again.
/// </summary>
internal static class StartingModel
{
    private static readonly string[] SpecialTokens = [ChatMl.EndOfText, ChatMl.StartOfTurn, ChatMl.EndOfTurn];

    /// <summary>The folder with the tokenizer's files, made when it is not there.</summary>
    public static string TokenizerFolder(PretrainOptions options, IReadOnlyList<Document> documents, string state, CancellationToken cancellation)
    {
        var folder = Path.Combine(state, "tokenizer");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var partial = folder + ".partial";
        Directory.CreateDirectory(partial);
        if (options.Tokenizer.Length > 0)
        {
            Copy(options.Tokenizer, partial);
        }
        else
        {
            Make(options, documents, partial, cancellation);
        }

        Directory.Move(partial, folder);
        return folder;
    }

    /// <summary>The configuration of a Llama model over this tokenizer.</summary>
    public static DecoderConfig Config(PretrainOptions options, Tokenizer tokenizer)
    {
        var width = options.IntermediateSize > 0 ? options.IntermediateSize : ((options.HiddenSize * 8 / 3) + 31) / 32 * 32;
        return DecoderConfig.Parse(new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"), ["model_type"] = "llama", ["vocab_size"] = tokenizer.VocabularySize,
            ["hidden_size"] = options.HiddenSize, ["intermediate_size"] = width, ["num_hidden_layers"] = options.Layers, ["num_attention_heads"] = options.Heads,
            ["num_key_value_heads"] = options.KvHeads > 0 ? options.KvHeads : options.Heads, ["head_dim"] = options.HiddenSize / options.Heads,
            ["max_position_embeddings"] = options.MaxPositions > 0 ? options.MaxPositions : options.MaxLength, ["hidden_act"] = "silu", ["rms_norm_eps"] = 1e-6,
            ["rope_parameters"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = options.RopeTheta }, ["initializer_range"] = options.InitializerRange,
            ["tie_word_embeddings"] = options.TieEmbeddings, ["attention_bias"] = false, ["mlp_bias"] = false, ["attention_dropout"] = 0.0, ["use_cache"] = true,
            ["bos_token_id"] = tokenizer.BosId, ["eos_token_id"] = tokenizer.EosId, ["pad_token_id"] = tokenizer.PadId ?? tokenizer.EosId, ["dtype"] = "float32",
        }.ToJsonString());
    }

    private static void Make(PretrainOptions options, IReadOnlyList<Document> documents, string folder, CancellationToken cancellation)
    {
        var trainer = new ByteLevelBpeTrainer { VocabularySize = options.VocabSize, SpecialTokens = SpecialTokens };
        trainer.Train(documents.SelectMany(Texts), cancellation).Save(folder);
        Write(folder, "chat_template.jinja", ChatMl.Template);
        Write(folder, "tokenizer_config.json", Json(new()
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast", ["bos_token"] = null, ["eos_token"] = ChatMl.EndOfTurn, ["pad_token"] = ChatMl.EndOfText,
            ["unk_token"] = null, ["clean_up_tokenization_spaces"] = false, ["model_max_length"] = options.MaxPositions > 0 ? options.MaxPositions : options.MaxLength,
        }));
        Write(folder, "generation_config.json", Json(new() { ["eos_token_id"] = new JsonArray(2, 0), ["pad_token_id"] = 0, ["do_sample"] = true }));
    }

    // The tokenizer learns from what was written, not from the template around it.
    private static IEnumerable<string> Texts(Document d) => d.Text is not null ? [d.Text]
        : d.Conversation!.Messages.Select(m => m!["content"]).OfType<JsonValue>().Where(v => v.GetValueKind() == JsonValueKind.String).Select(v => v.GetValue<string>());

    private static void Copy(string source, string folder)
    {
        var from = Directory.Exists(source) ? source : Path.GetDirectoryName(Path.GetFullPath(source))!;
        if (!File.Exists(Path.Combine(from, "tokenizer.json")))
        {
            throw new InvalidDataException($"{from}: no tokenizer.json (key: tokenizer).");
        }

        foreach (var name in new[] { "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "generation_config.json" }.Where(n => File.Exists(Path.Combine(from, n))))
        {
            File.Copy(Path.Combine(from, name), Path.Combine(folder, name), overwrite: true);
        }
    }

    private static void Write(string folder, string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);

    private static string Json(JsonObject o) => JsonSerializer.Serialize(o, new JsonSerializerOptions { WriteIndented = true }) + "\n";
}
