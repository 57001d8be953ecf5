// Maps that are made as ever and not drawn.
import type { BrowserContext } from '@playwright/test';

/**
 * Gives the canvases of maps a graphics context that takes all orders, says that they went well and paints nothing. Drawing on the
 * processor is most of the time of a test; what a test does not look at need not be drawn. Tiles, placed names, presses, markers
 * and the idle map are those of a map that is drawn, as the library works them out before it draws.
 */
export async function drawNothing(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const usual = HTMLCanvasElement.prototype.getContext;
    const blank = (canvas: HTMLCanvasElement) => {
      const known = WebGL2RenderingContext as unknown as Record<string, unknown>;
      const answers: Record<string, (...asked: number[]) => unknown> = {
        getContextAttributes: () => ({ stencil: true, depth: true, antialias: false, premultipliedAlpha: true }),
        getParameter: (name) => (name === known['MAX_TEXTURE_SIZE'] || name === known['MAX_RENDERBUFFER_SIZE'] ? 8192 : name === known['VERSION'] ? 'WebGL 2.0' : 0),
        getExtension: () => null,
        getSupportedExtensions: () => [],
        getError: () => 0,
        getShaderParameter: () => true,
        getProgramParameter: () => true,
        getAttribLocation: () => 0,
        checkFramebufferStatus: () => known['FRAMEBUFFER_COMPLETE'],
        isContextLost: () => false,
      };
      return new Proxy(Object.create(WebGL2RenderingContext.prototype) as object, {
        get: (own, name: string) => {
          if (name === 'canvas') return canvas;
          if (name === 'drawingBufferWidth') return canvas.width;
          if (name === 'drawingBufferHeight') return canvas.height;
          if (typeof known[name] === 'number') return known[name];
          return answers[name] ?? (/^(create|getUniformLocation|fenceSync)/.test(name) ? () => ({}) : Reflect.has(own, name) ? () => undefined : undefined);
        },
      });
    };
    const contexts = new WeakMap<HTMLCanvasElement, object>();
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      if (kind !== 'webgl2') return (usual as (kind: string, ...rest: unknown[]) => unknown).call(this, kind, ...rest);
      const made = contexts.get(this) ?? blank(this);
      contexts.set(this, made);
      return made;
    } as typeof usual;
  });
}
