import 'reflect-metadata'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Controller, Get, Inject, Injectable, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { wait } from 'greenthreads'
import { assertEachGetsItsOwn, listening, meeting } from './support.mjs'

// Written without decorators' syntax, which plain JavaScript does not have.

class Orders {
  #meet = meeting()

  describe(number) {
    wait(delay(1))
    this.#meet()
    return `order ${number} of ${number}`
  }
}
Injectable()(Orders)

class OrdersController {
  constructor(orders) {
    this.orders = orders
  }

  show(number) {
    return this.orders.describe(Number(number))
  }
}
Inject(Orders)(OrdersController, undefined, 0)
Param('number')(OrdersController.prototype, 'show', 0)
Get(':number')(
  OrdersController.prototype,
  'show',
  Object.getOwnPropertyDescriptor(OrdersController.prototype, 'show'),
)
Controller('orders')(OrdersController)

class OrdersModule {}
Module({ controllers: [OrdersController], providers: [Orders] })(OrdersModule)

test('a NestJS provider waits', { timeout: 60_000 }, async () => {
  const app = await NestFactory.create(OrdersModule, new ExpressAdapter(), { logger: ['error'] })
  await app.init()
  await assertEachGetsItsOwn(await listening(app.getHttpServer()))
})
