using System.Text.Json;
using Alignment.Inference.Chat;

namespace Alignment.Inference.Tests.Chat;

public sealed class ChatValidationTests
{
    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", "model")]
    [InlineData("""{"model":"m","messages":[]}""", "messages")]
    [InlineData("""{"model":"m","messages":[{"role":"robot","content":"hi"}]}""", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":""}]}""", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"temperature":3}""", "temperature")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"top_p":0}""", "top_p")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"top_k":-1}""", "top_k")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":5}""", "stop")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":[""]}""", "stop")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"n":2}""", "n")]
    public void Check_BadField_NamesIt(string json, string field)
    {
        var fault = Assert.Throws<ChatFault>(() => ChatValidation.Check(JsonSerializer.Deserialize<ChatRequest>(json, JsonSerializerOptions.Web)!));
        Assert.Equal(field, fault.Param);
        Assert.Equal(400, fault.Status);
    }

    [Fact]
    public void Check_PlainRequest_FillsTheDefaults()
    {
        var turn = ChatValidation.Check(JsonSerializer.Deserialize<ChatRequest>("""{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":"END"}""", JsonSerializerOptions.Web)!);
        Assert.Equal((1.0, 1.0, 0, 256), (turn.Temperature, turn.TopP, turn.TopK, turn.MaxTokens));
        Assert.Equal(["END"], turn.Stop);
    }
}
